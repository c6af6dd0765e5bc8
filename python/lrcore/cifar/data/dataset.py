"""CIFAR-10 as a value: images, labels, their source, and a stratified split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lrcore._validation import as_float
from lrcore.cifar.pipeline.random_streams import Stream, uniforms

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


VALIDATION_FRACTION = 0.1


def stratified_split(
    labels: npt.NDArray[np.int64], seed: int, fraction: float = VALIDATION_FRACTION
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Split sample indices into training and validation, the same fraction of every class.

    Args:
        labels: int64, shape (n,): the class of each sample.
        seed: Keys the choice; the same seed gives the same split everywhere.
        fraction: Part of each class that is held out, in (0, 1); at least one sample of a class that has two.

    Returns:
        Two sorted int64 arrays of indices: training and validation. Together they hold each index once.

    Raises:
        ValueError: The fraction is not between 0 and 1, or the seed is negative.

    Example:
        >>> import numpy as np
        >>> training, validation = stratified_split(np.repeat([0, 1], 20), seed=0)
        >>> len(training), len(validation), np.bincount(np.repeat([0, 1], 20)[validation]).tolist()
        (36, 4, [2, 2])
    """
    if not 0 < as_float("fraction", fraction) < 1:
        raise ValueError(f"fraction must be greater than 0 and less than 1, but got {fraction}")
    order = np.argsort(uniforms(seed, 0, Stream.SPLIT, [0], len(labels))[0], kind="stable")
    held_out = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        least = 1 if len(members) > 1 else 0
        held_out[members[: max(least, round(len(members) * fraction))]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
