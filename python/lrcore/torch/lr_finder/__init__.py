"""The learning-rate finder for PyTorch."""

from __future__ import annotations

from lrcore.torch.lr_finder._data import DataLoaderIter, TrainDataLoaderIter, ValDataLoaderIter
from lrcore.torch.lr_finder._finder import LRFinder
from lrcore.torch.lr_finder._lr_find import lr_find

__all__ = ["DataLoaderIter", "LRFinder", "TrainDataLoaderIter", "ValDataLoaderIter", "lr_find"]
