"""Class activation maps, without any framework.

`torch_feature_gradients` and `keras_feature_gradients` give what they are made of; each imports its framework, so
neither is imported here.
"""

from __future__ import annotations

from lrcore.cifar.cam.feature_gradients import FeatureGradients
from lrcore.cifar.cam.maps import METHODS, CamMaps, default_method, grad_cam, hires_cam

__all__ = ["METHODS", "CamMaps", "FeatureGradients", "default_method", "grad_cam", "hires_cam"]
