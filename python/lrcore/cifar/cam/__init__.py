"""Class activation maps, without any framework.

`torch_features` and `keras_features` compute what they are made from; each imports its framework,
so neither is imported here.
"""

from __future__ import annotations

from lrcore.cifar.cam.features import FeatureGradients
from lrcore.cifar.cam.maps import METHODS, CamMaps, grad_cam, hires_cam
from lrcore.cifar.cam.selection import CamChoice, choose_cam

__all__ = ["METHODS", "CamChoice", "CamMaps", "FeatureGradients", "choose_cam", "grad_cam", "hires_cam"]
