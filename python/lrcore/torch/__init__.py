"""lrcore for PyTorch: the schedulers of torch and a general one, an SGD in the core, and a learning-rate finder."""

from __future__ import annotations

try:
    import torch  # noqa: F401
except ModuleNotFoundError as error:
    raise ImportError("lrcore.torch needs PyTorch: pip install 'lrcore[torch]'") from error

from torch.optim.lr_scheduler import LRScheduler

from lrcore.torch.chained import ChainedScheduler
from lrcore.torch.cosine_annealing import CosineAnnealingLR
from lrcore.torch.cyclic import CyclicLR
from lrcore.torch.data_loader_iter import DataLoaderIter, TrainDataLoaderIter, ValDataLoaderIter
from lrcore.torch.decays import ExponentialLR, MultiStepLR, StepLR
from lrcore.torch.finder import LRFinder
from lrcore.torch.lr_find import lr_find
from lrcore.torch.one_cycle import OneCycleLR
from lrcore.torch.plateau import ReduceLROnPlateau
from lrcore.torch.ramps import ConstantLR, LinearLR, PolynomialLR
from lrcore.torch.scheduler import Scheduler
from lrcore.torch.sequential import SequentialLR
from lrcore.torch.sgd import SGD
from lrcore.torch.swa_lr import SWALR
from lrcore.torch.warm_restarts import CosineAnnealingWarmRestarts

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
