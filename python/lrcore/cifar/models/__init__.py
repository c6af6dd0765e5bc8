"""The CIFAR-10 models: what they are and their initial weights, without any framework.

`torch_model` and `keras_model` build them; each imports its framework, so neither is imported here.
"""

from __future__ import annotations

from lrcore.cifar.models.spec import (
    AveragePool,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool,
    ModelSpec,
    Relu,
    WeightedLayer,
)
from lrcore.cifar.models.weights import initial_weights
from lrcore.cifar.models.zoo import GUIDE, MODELS, QUICK

__all__ = [
    "GUIDE",
    "MODELS",
    "QUICK",
    "AveragePool",
    "Conv",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "MaxPool",
    "ModelSpec",
    "Relu",
    "WeightedLayer",
    "initial_weights",
]
