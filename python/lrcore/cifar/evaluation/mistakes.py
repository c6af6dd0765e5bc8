"""The worst mistakes of a model, with maps of the evidence for the wrong and for the right class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrcore._validation import as_positive_int
from lrcore.cifar.cam import METHODS, CamMaps, FeatureGradients
from lrcore.cifar.cam.features import Array
from lrcore.cifar.evaluation.predictions import NO_CLASS, Predictions

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Mistakes:
    """Misclassified images, the greatest loss first, each with two class activation maps.

    Args:
        indices: Which images of the set they are, int64 (n,).
        photos: uint8, shape (n, H, W, 3).
        predictions: What the model says of them.
        for_predicted: Evidence for the predicted class; for the actual one where the model has predicted NO_CLASS.
        for_actual: Evidence for the actual class.
        total: How many images of the set are misclassified.
        images: How many images the set has.
    """

    indices: Ints
    photos: Bytes
    predictions: Predictions
    for_predicted: CamMaps
    for_actual: CamMaps
    total: int
    images: int


def explain_mistakes(
    predictions: Predictions,
    photos: Bytes,
    standardise: Callable[[Bytes], Array],
    feature_gradients: Callable[[Array, Ints], FeatureGradients],
    method: str,
    count: int = 24,
) -> Mistakes | None:
    """Take the misclassified images with the greatest losses and map the evidence for both classes, in one batch.

    Args:
        predictions: What the model says of all images.
        photos: The images, uint8 (N, H, W, 3).
        standardise: Makes of photos what the model takes.
        feature_gradients: Gives features and gradients for standardised images and classes.
        method: A name in `lrcore.cifar.cam.METHODS`.
        count: How many images at most, at least 1.

    Returns:
        None when no image is misclassified.

    Raises:
        ValueError: When there is no such method, or `count` is less than 1.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, but got {method!r}")
    wrong = predictions.misclassified
    indices = wrong[: as_positive_int("count", count)]
    if indices.size == 0:
        return None
    shown = Predictions(predictions.logits[indices], predictions.labels[indices])
    predicted = np.where(shown.predicted == NO_CLASS, shown.labels, shown.predicted)
    inputs = standardise(photos[indices])
    maps = METHODS[method](
        feature_gradients(np.concatenate([inputs, inputs]), np.concatenate([predicted, shown.labels]))
    )
    for_predicted, for_actual = (CamMaps(raw, maps.layer, method) for raw in np.split(maps.raw, 2))
    return Mistakes(indices, photos[indices], shown, for_predicted, for_actual, len(wrong), len(predictions.labels))
