"""Probabilities, losses and confusions, by hand and beside SciPy."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import scipy.special

from lrcore.cifar.evaluation import Predictions

NAN = np.nan

# Three classes; the fourth image ties, the fifth is not finite.
LOGITS = np.array([[3.0, 0, 0], [0, 1, 0], [0, 0, 2], [1, 0, 1], [0, NAN, 0], [0, 5, 0]])
LABELS = np.array([0, 0, 2, 2, 1, 2])


def test_the_confusion_matrix_by_hand() -> None:
    predictions = Predictions(LOGITS, LABELS)
    np.testing.assert_array_equal(predictions.predicted, [0, 1, 2, 0, -1, 1])
    expected = np.array([[1, 1, 0], [0, 0, 0], [1, 1, 1]], np.int64)  # the image of NaN is in no column
    np.testing.assert_array_equal(predictions.confusion, expected, strict=True)


def test_accuracies_by_hand() -> None:
    predictions = Predictions(LOGITS, LABELS)
    np.testing.assert_array_equal(predictions.correct, [True, False, True, False, False, False])
    assert predictions.accuracy == 2 / 6
    np.testing.assert_array_equal(predictions.class_accuracy, [1 / 2, 0, 1 / 3])


def test_a_class_without_images_has_no_accuracy_and_an_empty_row() -> None:
    predictions = Predictions(LOGITS[:4], LABELS[:4])
    np.testing.assert_array_equal(predictions.class_accuracy, [1 / 2, NAN, 1 / 2])
    np.testing.assert_array_equal(predictions.confusion, [[1, 1, 0], [0, 0, 0], [1, 0, 1]])


def test_misclassified_images_are_sorted_by_loss_with_nan_first() -> None:
    # losses: 1 is log(1 + e + 1) = 1.55; 3 is log(2e + 1) - 1 = 0.86; 4 is NaN; 5 is log(2 + e^5) = 5.01
    np.testing.assert_array_equal(Predictions(LOGITS, LABELS).misclassified, [4, 5, 1, 3])


def test_equal_losses_come_in_the_order_of_the_images() -> None:
    logits = np.zeros((4, 2))
    logits[:, 0] = [1, 2, 1, 2]
    np.testing.assert_array_equal(Predictions(logits, np.ones(4, int)).misclassified, [1, 3, 0, 2])


def test_probabilities_and_losses_are_those_of_scipy() -> None:
    random = np.random.default_rng(0)
    logits, labels = 10 * random.normal(size=(50, 10)).astype(np.float32), random.integers(0, 10, 50)
    predictions = Predictions(logits, labels)
    exact = logits.astype(np.float64)
    np.testing.assert_allclose(predictions.probabilities, scipy.special.softmax(exact, axis=1), rtol=1e-13)
    expected = -scipy.special.log_softmax(exact, axis=1)[np.arange(50), labels]
    np.testing.assert_allclose(predictions.losses, expected, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1, rtol=1e-14)


def test_large_logits_overflow_nothing() -> None:
    predictions = Predictions(np.array([[1e4, 0.0], [1e38, -1e38]]), np.array([1, 1]))
    np.testing.assert_array_equal(predictions.probabilities, [[1, 0], [1, 0]])
    np.testing.assert_array_equal(predictions.losses, [1e4, 2e38])


@pytest.mark.parametrize("value", [NAN, np.inf, -np.inf])
def test_logits_that_are_not_finite_are_wrong_whatever_the_label(value: float) -> None:
    for label in (0, 1):
        predictions = Predictions(np.array([[value, 0.0], [1.0, 0.0]], np.float32), np.array([label, 0]))
        np.testing.assert_array_equal(predictions.correct, [False, True])
        np.testing.assert_array_equal(np.isnan(predictions.losses), [True, False])
        np.testing.assert_array_equal(np.isnan(predictions.probabilities), [[True, True], [False, False]])
        np.testing.assert_array_equal(predictions.misclassified, [0])


@pytest.mark.parametrize(
    ("logits", "labels", "sentence"),
    [
        (np.zeros((2, 3)), [0], "logits must be (N, C) and labels (N,), but got (2, 3) and (1,)"),
        (np.zeros(3), [0, 0, 0], "logits must be (N, C) and labels (N,), but got (3,) and (3,)"),
        (np.zeros((2, 3)), [0, 3], "labels must be 0 to 2, but got 3"),
        (np.zeros((2, 3)), [-1, 0], "labels must be 0 to 2, but got -1"),
    ],
)
def test_bad_arguments_are_refused(logits: Any, labels: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Predictions(logits, np.array(labels))
