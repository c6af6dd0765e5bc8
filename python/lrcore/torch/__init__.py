"""lrcore for PyTorch: schedulers, an SGD that updates in the core, and a learning-rate finder."""

from __future__ import annotations

try:
    import torch  # noqa: F401
except ModuleNotFoundError as error:
    raise ImportError("lrcore.torch needs PyTorch: pip install 'lrcore[torch]'") from error

from lrcore.torch.cyclic import CyclicLR
from lrcore.torch.data_loader_iter import DataLoaderIter, TrainDataLoaderIter, ValDataLoaderIter
from lrcore.torch.finder import LRFinder
from lrcore.torch.lr_find import lr_find
from lrcore.torch.plateau import ReduceLROnPlateau
from lrcore.torch.scheduler import Scheduler
from lrcore.torch.sgd import SGD

__all__ = [
    "SGD",
    "CyclicLR",
    "DataLoaderIter",
    "LRFinder",
    "ReduceLROnPlateau",
    "Scheduler",
    "TrainDataLoaderIter",
    "ValDataLoaderIter",
    "lr_find",
]
