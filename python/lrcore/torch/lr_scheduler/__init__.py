"""Learning-rate schedulers for PyTorch: a general one, and those of torch.optim.lr_scheduler."""

from __future__ import annotations

from lrcore.torch.lr_scheduler._composite import ChainedScheduler, SequentialLR
from lrcore.torch.lr_scheduler._cyclic import CyclicLR, OneCycleLR
from lrcore.torch.lr_scheduler._decay import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from lrcore.torch.lr_scheduler._plateau import ReduceLROnPlateau
from lrcore.torch.lr_scheduler._scheduler import Scheduler
from lrcore.torch.lr_scheduler._swa import SWALR
from lrcore.torch.lr_scheduler._warm_restarts import CosineAnnealingWarmRestarts

__all__ = [
    "SWALR",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "Scheduler",
    "SequentialLR",
    "StepLR",
]
