"""CIFAR-10 on this machine: found where Keras or torchvision left it, or downloaded once."""

from __future__ import annotations

from lrcore.cifar.data.download.obtain import ensure_cifar10
from lrcore.cifar.data.download.sources import SILENT, Report

__all__ = ["SILENT", "Report", "ensure_cifar10"]
