"""Batches of CIFAR-10: standardization, augmentation and cutout, the same bytes for both frameworks."""

from __future__ import annotations
