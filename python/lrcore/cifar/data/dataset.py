"""CIFAR-10 as a value: images, labels, and where they came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test images of ten classes.

    Args:
        train_images: uint8, shape (N, 32, 32, 3): rows, columns, then red, green, blue.
        train_labels: int64, shape (N,), each from 0 to 9.
        test_images: As train_images.
        test_labels: As train_labels.
        source: The folder they were read from.
        synthetic: Whether they are made up, so that results on them say nothing about CIFAR-10.
        classes: Name of each label.

    Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images".
    """

    train_images: npt.NDArray[np.uint8]
    train_labels: npt.NDArray[np.int64]
    test_images: npt.NDArray[np.uint8]
    test_labels: npt.NDArray[np.int64]
    source: str
    synthetic: bool
    classes: tuple[str, ...] = CLASSES

    @cached_property
    def sha256(self) -> str:
        """SHA-256, in hexadecimal, of all that is learnt and tested: the same from either layout, whatever the folder.

        It is taken over the bytes of train_images, train_labels (little-endian), test_images and test_labels, in this
        order and row by row.
        """
        made = hashlib.sha256()
        for images, labels in ((self.train_images, self.train_labels), (self.test_images, self.test_labels)):
            made.update(np.ascontiguousarray(images).data)
            made.update(np.ascontiguousarray(labels, "<i8").data)
        return made.hexdigest()
