"""CIFAR-10 as a value: images, labels, and where they came from."""

from __future__ import annotations

from dataclasses import dataclass

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
