"""lrcore for PyTorch: the schedulers of torch and a general one, an SGD in the core, and a learning-rate finder."""

from __future__ import annotations

try:
    import torch  # noqa: F401
except ModuleNotFoundError as error:
    raise ImportError("lrcore.torch needs PyTorch: pip install 'lrcore[torch]'") from error

from torch.optim.lr_scheduler import LRScheduler

from lrcore._public import set_public_module
from lrcore.torch.lr_finder import DataLoaderIter, LRFinder, TrainDataLoaderIter, ValDataLoaderIter, lr_find
from lrcore.torch.lr_scheduler import (
    SWALR,
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    Scheduler,
    SequentialLR,
    StepLR,
)
from lrcore.torch.optim import SGD

__all__ = [
    "SGD",
    "SWALR",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "DataLoaderIter",
    "ExponentialLR",
    "LRFinder",
    "LRScheduler",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "Scheduler",
    "SequentialLR",
    "StepLR",
    "TrainDataLoaderIter",
    "ValDataLoaderIter",
    "lr_find",
]

set_public_module(__name__)
