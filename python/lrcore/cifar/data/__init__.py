"""CIFAR-10 and a synthetic set of its shape, from either official layout."""

from __future__ import annotations

from lrcore.cifar.data.dataset import CLASSES, Dataset
from lrcore.cifar.data.download import Report
from lrcore.cifar.data.loading import load

__all__ = ["CLASSES", "Dataset", "Report", "load"]
