"""Features and gradients that class activation maps are computed from, in either framework."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

PROBABILITY_TOLERANCE = 5e-3  # what rounding to bfloat16 can add to a sum of probabilities

Array = npt.NDArray[np.floating[Any]]
LayerHook: TypeAlias = Callable[[Any], Any]  # what a layer gives -> what it shall give instead
Run: TypeAlias = Callable[[Mapping[str, LayerHook]], Any]  # runs the model with hooks at layers -> logits


@dataclass(frozen=True, eq=False)
class FeatureGradients:
    """The features of one layer, and how the score of a class changes with them.

        gradients[i] = d logits[i, classes[i]] / d features[i]

    Args:
        features: Output of the layer, float32 or float64 (N, h, w, K).
        gradients: As `features`.
        logits: Output of the model, float32 or float64 (N, C).
        layer: Name of the layer.

    Raises:
        ValueError: When the logits are probabilities. The gradient of a softmax, p_c * (dy_c - sum of p_k * dy_k),
            mixes in those of the other classes, and vanishes where the model is sure.
    """

    features: Array
    gradients: Array
    logits: Array
    layer: str

    def __post_init__(self) -> None:
        sums = np.abs(self.logits.sum(axis=1, dtype=np.float64) - 1)
        if np.all(self.logits >= 0) and np.all(sums < PROBABILITY_TOLERANCE):
            raise ValueError("model must give logits, but gave probabilities: leave the softmax to the loss")

    @property
    def resolution(self) -> tuple[int, int]:
        """Height and width of the layer's map."""
        _, height, width, _ = self.features.shape
        return height, width


def checked_images(images: Array) -> Array:
    """Images themselves, if they are floating-point (N, height, width, channels) and there is one at least."""
    if not np.issubdtype(images.dtype, np.floating):
        raise TypeError(f"images must be standardised, in floating point, but got {images.dtype}")
    if images.ndim != 4 or len(images) == 0:
        raise ValueError(f"images must have shape (N, height, width, channels), N at least 1, but got {images.shape}")
    return images


def checked_classes(classes: npt.ArrayLike, count: int) -> npt.NDArray[np.int64]:
    """Classes as int64, if they are integers and there are `count`."""
    array = np.asarray(classes)
    if array.shape != (count,) or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"classes must be {count} integers, one per image, but got {array.dtype} {array.shape}")
    return array.astype(np.int64)


def spatial_resolutions(run: Run, names: Iterable[str], axes: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Height and width of each layer that runs once and gives a map of more than one place.

    Args:
        run: Runs the model.
        names: The layers of the model.
        axes: Which of the four axes of a map are height and width.
    """
    shapes: dict[str, list[tuple[int, ...]]] = {name: [] for name in names}

    def recorded(name: str) -> LayerHook:
        def hook(output: Any) -> Any:
            shapes[name].append(tuple(getattr(output, "shape", ())))
            return output

        return hook

    run({name: recorded(name) for name in shapes})
    maps = {name: calls[0] for name, calls in shapes.items() if len(calls) == 1 and len(calls[0]) == 4}
    resolutions = {name: (shape[axes[0]], shape[axes[1]]) for name, shape in maps.items()}
    return {name: resolution for name, resolution in resolutions.items() if resolution != (1, 1)}


def resolved_layer(layer: str, resolutions: Mapping[str, tuple[int, int]]) -> str:
    """The full name of a layer, whose path through nested models may be left out where one layer alone is called so.

    Raises:
        ValueError: When it is none of those with a spatial map, which the message lists.
    """
    called_so = [layer] if layer in resolutions else [name for name in resolutions if _last_part(name) == layer]
    if len(called_so) != 1:
        known = ", ".join(f"{name} ({height}x{width})" for name, (height, width) in resolutions.items())
        raise ValueError(f"layer must be one with a spatial map, of {known or 'which there are none'}, got {layer!r}")
    return called_so[0]


def check_logits(shape: tuple[int, ...], classes: npt.NDArray[np.int64]) -> None:
    """Raise a ValueError unless logits of this shape have one row per class of `classes`, and a column for each."""
    if len(shape) != 2 or shape[0] != len(classes):
        raise ValueError(f"model must give logits of shape ({len(classes)}, classes), but gave {shape}")
    wrong = classes[(classes < 0) | (classes >= shape[1])]
    if wrong.size:
        raise ValueError(f"classes must be 0 to {shape[1] - 1}, but got {wrong[0]}")


def as_floats(array: npt.NDArray[Any]) -> Array:
    """The array in float64 if it is so already, else in float32, C-contiguous."""
    return np.ascontiguousarray(array, np.float64 if array.dtype == np.float64 else np.float32)


def _last_part(name: str) -> str:
    return re.split("[./]", name)[-1]
