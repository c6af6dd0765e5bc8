"""The steepest descent as three finders read it: on learning rates by their place, and by their value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrcore._arguments import count
from lrcore.suggestions.curve import curve


def steepest_torch_lr_finder(
    lrs: npt.ArrayLike, losses: npt.ArrayLike, skip_start: int = 10, skip_end: int = 5
) -> float | None:
    """The learning rate where `np.gradient` of the losses is lowest, points counted as equally spaced.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Losses, shape (n,); the first slope that is NaN counts as the lowest.
        skip_start: Points left out at the start, at least 0.
        skip_end: Points left out at the end, at least 0.

    Returns:
        A learning rate, None for fewer than skip_start + skip_end + 2 points.

    Raises:
        ValueError: When `lrs` or a skip is out of range or the shapes differ.
        TypeError: When a skip is not an integer.

    Source: torch-lr-finder 0.2.2, `LRFinder.plot`.

    Example:
        >>> steepest_torch_lr_finder([1e-4, 1e-3, 1e-2, 1e-1], [2.3, 2.2, 1.5, 9.0], skip_start=0, skip_end=0)
        0.001
    """
    lrs, losses = curve(lrs, losses)
    begin, end = _skip("skip_start", skip_start), len(lrs) - _skip("skip_end", skip_end)
    if end - begin < 2:
        return None
    with np.errstate(invalid="ignore"):
        return float(lrs[begin + np.argmin(np.gradient(losses[begin:end]))])


def steepest_lightning(
    lrs: npt.ArrayLike, losses: npt.ArrayLike, skip_begin: int = 10, skip_end: int = 1
) -> float | None:
    """The learning rate where the loss falls most per unit of lr (not of log lr), among the finite losses.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Losses, shape (n,).
        skip_begin: Points left out at the start, at least 0.
        skip_end: Points left out at the end, at least 0; none are left for 0, as in Lightning.

    Returns:
        A learning rate, None for fewer than 2 finite losses.

    Raises:
        ValueError: When `lrs` or a skip is out of range or the shapes differ.
        TypeError: When a skip is not an integer.

    Source: PyTorch Lightning 2.6, `_LRFinder.suggestion`, in float64 where Lightning rounds to float32.

    Example:
        >>> steepest_lightning([1e-4, 1e-3, 1e-2, 1e-1], [2.3, 2.2, 1.5, 9.0], skip_begin=0)
        0.0001
    """
    lrs, losses = curve(lrs, losses)
    kept = slice(_skip("skip_begin", skip_begin), -_skip("skip_end", skip_end))
    lrs, losses = lrs[kept], losses[kept]
    finite = np.isfinite(losses)
    if finite.sum() < 2:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        return float(lrs[finite][np.argmin(np.gradient(losses[finite], lrs[finite]))])


def steepest_ignite(lrs: npt.ArrayLike, losses: npt.ArrayLike) -> float | None:
    """The learning rate where the central difference of the losses is lowest, before the lowest loss.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Losses, shape (n,); the first NaN counts as the lowest.

    Returns:
        A learning rate, None where the lowest loss is among the first two points.

    Raises:
        ValueError: When `lrs` is out of range or the shapes differ.

    Source: PyTorch-Ignite 0.5, `FastaiLRFinder.lr_suggestion`, in float64 where Ignite rounds to float32.

    Example:
        >>> steepest_ignite([1e-4, 1e-3, 1e-2, 1e-1, 1.0], [2.3, 2.2, 1.5, 1.45, 9.0])
        0.001
    """
    lrs, losses = curve(lrs, losses)
    falling = losses[: np.argmin(losses) + 1] if len(losses) > 0 else losses
    if len(falling) < 3:
        return None
    with np.errstate(invalid="ignore"):
        return float(lrs[1 + np.argmin(falling[2:] - falling[:-2])])


def _skip(name: str, value: int) -> int:
    if count(name, value) < 0:
        raise ValueError(f"{name} must be at least 0, but got {value}")
    return value
