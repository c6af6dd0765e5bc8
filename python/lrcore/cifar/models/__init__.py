"""The CIFAR-10 models: what they are and their initial weights, without any framework.

`torch_model` and `keras_model` build them; each imports its framework, so neither is imported here.
"""

from __future__ import annotations

from lrcore.cifar.models.spec import (
    AveragePool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    KernelLayer,
    Layer,
    MaxPool,
    ModelSpec,
    Relu,
    Residual,
    Scale,
    cam_layer,
    has_averaging_head,
    output_shapes,
)
from lrcore.cifar.models.weights import initial_weights
from lrcore.cifar.models.zoo import GUIDE, MODELS, QUICK, RESNET9

__all__ = [
    "GUIDE",
    "MODELS",
    "QUICK",
    "RESNET9",
    "AveragePool",
    "BatchNorm",
    "Conv",
    "Dense",
    "Dropout",
    "Flatten",
    "KernelLayer",
    "Layer",
    "MaxPool",
    "ModelSpec",
    "Relu",
    "Residual",
    "Scale",
    "cam_layer",
    "has_averaging_head",
    "initial_weights",
    "output_shapes",
]
