"""CIFAR-10 on this machine: found where Keras or torchvision left it, or downloaded once."""

from __future__ import annotations

from lrcore.cifar.data.download.obtain import obtained
from lrcore.cifar.data.download.sources import SILENT, Report

__all__ = ["SILENT", "Report", "obtained"]
