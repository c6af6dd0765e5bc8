"""Predictions of a model for labelled images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

NO_CLASS = -1  # predicted where the logits are not finite numbers

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Predictions:
    """The logits of labelled images, and what follows from them.

        log_probabilities = logits - log(sum(exp(logits)))
        losses = -log_probabilities[label]

    An image whose logits hold a NaN or an infinity has probabilities and a loss of NaN, the predicted class NO_CLASS,
    and is wrong.

    Args:
        logits: Shape (N, C), of any floating-point type; taken as float64.
        labels: The true classes, integers from 0 to C - 1, shape (N,).

    Raises:
        ValueError: When the shapes do not fit or a label is not a class.

    Example:
        >>> predictions = Predictions(np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0]]), np.array([0, 1, 1]))
        >>> predictions.confusion.tolist(), predictions.misclassified.tolist()
        ([[1, 0], [1, 1]], [1])
    """

    logits: npt.NDArray[np.floating[Any]]
    labels: npt.NDArray[np.integer[Any]]

    def __post_init__(self) -> None:
        logits, labels = np.asarray(self.logits, np.float64), np.asarray(self.labels)
        if logits.ndim != 2 or labels.shape != logits.shape[:1]:
            raise ValueError(f"logits must be (N, C) and labels (N,), but got {logits.shape} and {labels.shape}")
        wrong = labels[(labels < 0) | (labels >= logits.shape[1])]
        if wrong.size:
            raise ValueError(f"labels must be 0 to {logits.shape[1] - 1}, but got {wrong[0]}")
        object.__setattr__(self, "logits", logits)
        object.__setattr__(self, "labels", labels.astype(np.int64))

    @property
    def log_probabilities(self) -> Floats:
        """Natural logarithms of the probabilities, (N, C); no probability is too small for them."""
        finite = np.isfinite(self.logits).all(axis=1, keepdims=True)
        logits = np.where(finite, self.logits, 0.0)
        centred = logits - logits.max(axis=1, keepdims=True)
        logarithms = centred - np.log(np.exp(centred).sum(axis=1, keepdims=True))
        return np.where(finite, logarithms, np.nan)

    @property
    def probabilities(self) -> Floats:
        """Softmax of the logits, (N, C)."""
        probabilities: Floats = np.exp(self.log_probabilities)
        return probabilities

    @property
    def losses(self) -> Floats:
        """Cross-entropy of each image, (N,)."""
        losses: Floats = -self.log_probabilities[np.arange(len(self.labels)), self.labels]
        return losses

    @property
    def predicted(self) -> Ints:
        """The class with the largest logit, the first of several; NO_CLASS where the logits are not finite."""
        return np.where(np.isfinite(self.logits).all(axis=1), self.logits.argmax(axis=1), NO_CLASS)

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """True where the predicted class is the true one, (N,)."""
        correct: npt.NDArray[np.bool_] = self.predicted == self.labels
        return correct

    @property
    def accuracy(self) -> float:
        """Part of the images that is correct."""
        return float(self.correct.mean())

    @property
    def confusion(self) -> Ints:
        """Confusion matrix: images by actual class (row) and predicted class (column), int64 (C, C).

        Images of NO_CLASS are in no column, so that a row may add up to less than its class has images.
        """
        classes = self.logits.shape[1]
        counted = self.predicted != NO_CLASS
        cells = self.labels[counted] * classes + self.predicted[counted]
        return np.bincount(cells, minlength=classes**2).reshape(classes, classes).astype(np.int64)

    @property
    def class_accuracy(self) -> Floats:
        """Part of the images of each class that is correct, (C,); NaN for a class without images."""
        classes = self.logits.shape[1]
        images = np.bincount(self.labels, minlength=classes)
        correct = np.bincount(self.labels, weights=self.correct, minlength=classes)
        return np.where(images > 0, correct / np.maximum(images, 1), np.nan)

    @property
    def misclassified(self) -> Ints:
        """Indices of the images that are not correct: first those with a loss of NaN, then the greatest loss first."""
        order = np.lexsort([-self.losses, ~np.isnan(self.losses)])
        return order[~self.correct[order]]
