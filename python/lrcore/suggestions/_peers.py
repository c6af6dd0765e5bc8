"""fastai's four readings (fastai/callback/schedule.py, version 2.8), in float64 where fastai rounds to float32."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

import lrcore._core as _core
from lrcore._validation import as_int
from lrcore.suggestions._curve import Floats, curve

SLIDE_LENGTH = 15
SLIDE_THRESHOLD = 0.005


def trimmed_as_fastai(lrs: npt.ArrayLike, losses: npt.ArrayLike, num_iter: int | None = None) -> tuple[Floats, Floats]:
    """The stretch that `Learner.lr_find` shows to its readings: points num_iter // 10 to -5, up to the first NaN.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Smoothed losses, shape (n,).
        num_iter: Points that the range test was to have; as many as there are when None.

    Returns:
        Learning rates and losses, shape (m,) with m <= n, possibly empty.

    Raises:
        ValueError: When `lrs` is out of range or the shapes differ.

    Example:
        >>> import numpy as np
        >>> lrs, losses = trimmed_as_fastai(np.geomspace(1e-5, 10, 20), [*np.arange(10.0), *[np.nan] * 10])
        >>> losses.tolist()
        [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    """
    lrs, losses = curve(lrs, losses)
    begin = (len(lrs) if num_iter is None else as_int("num_iter", num_iter)) // 10
    lrs, losses = lrs[begin:-5], losses[begin:-5]
    end = _leading(~np.isnan(losses))
    return lrs[:end], losses[:end]


def valley(lrs: npt.ArrayLike, losses: npt.ArrayLike) -> float | None:
    """The learning rate half-way down the longest valley.

    The valley is the longest strictly decreasing subsequence of the losses, of m points and with its last point at e.
    With s = e - m (0 for m = 1), the point is s + int((e - s) / 3) + int((e - s) / 6). Like fastai's it is the last
    one where that is -1, which happens for m = 2, e = 1.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Losses, shape (n,); NaN is never part of a valley.

    Returns:
        A learning rate, None for an empty curve.

    Raises:
        ValueError: When `lrs` is out of range or the shapes differ.

    Source: fastai, `valley`.

    Example:
        >>> valley([1e-4, 1e-3, 1e-2, 1e-1, 1.0], [4.0, 3.0, 2.0, 1.0, 9.0])
        0.0001
    """
    lrs, losses = curve(lrs, losses)
    return float(lrs[_core.valley(losses)]) if len(lrs) > 0 else None


def slide(lrs: npt.ArrayLike, losses: npt.ArrayLike) -> float | None:
    """The learning rate at the left end of a ruler of 15 points that slides down from the right end of the curve.

    It goes on as long as the slopes (`np.gradient`) at its two ends differ by more than 0.005, which depends on the
    scale of the loss.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Losses, shape (n,).

    Returns:
        A learning rate, None for fewer than 16 points.

    Raises:
        ValueError: When `lrs` is out of range or the shapes differ.

    Source: fastai, `slide`.

    Example:
        >>> import numpy as np
        >>> lrs = np.geomspace(1e-5, 1.0, 51)
        >>> slide(lrs, 2.0 + lrs) == float(lrs[19])  # slopes at 34 and 19 differ by 0.0057, at 33 and 18 by 0.0045
        True
    """
    lrs, losses = curve(lrs, losses)
    if len(lrs) <= SLIDE_LENGTH:
        return None
    with np.errstate(invalid="ignore"):
        slopes = np.gradient(losses)
        bends = np.abs(slopes[SLIDE_LENGTH:] - slopes[:-SLIDE_LENGTH]) > SLIDE_THRESHOLD
    return float(lrs[len(bends) - max(_leading(bends[::-1]), 1)])


def minimum(lrs: npt.ArrayLike, losses: npt.ArrayLike) -> float | None:
    """A tenth of the learning rate at the lowest loss.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Losses, shape (n,); the first NaN counts as the lowest.

    Returns:
        A learning rate, None for an empty curve.

    Raises:
        ValueError: When `lrs` is out of range or the shapes differ.

    Source: fastai, `minimum`.

    Example:
        >>> minimum([1e-3, 1e-2, 1e-1], [3.0, 1.0, 2.0])
        0.001
    """
    lrs, losses = curve(lrs, losses)
    return float(lrs[np.argmin(losses)] / 10) if len(lrs) > 0 else None


def steep(lrs: npt.ArrayLike, losses: npt.ArrayLike) -> float | None:
    """The learning rate from which the loss falls most per unit of log lr to the next point.

    lr_k with k = argmin_i (loss_{i+1} - loss_i) / (log lr_{i+1} - log lr_i)

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Losses, shape (n,); the first difference that is NaN counts as the steepest.

    Returns:
        A learning rate, None for fewer than 2 points.

    Raises:
        ValueError: When `lrs` is out of range or the shapes differ.

    Source: fastai, `steep`.

    Example:
        >>> steep([1e-4, 1e-3, 1e-2, 1e-1], [2.3, 2.2, 1.5, 9.0])
        0.001
    """
    lrs, losses = curve(lrs, losses)
    if len(lrs) < 2:
        return None
    with np.errstate(invalid="ignore"):
        return float(lrs[np.argmin(np.diff(losses) / np.diff(np.log(lrs)))])


def _leading(flags: npt.NDArray[np.bool_]) -> int:
    """How many are true before the first that is not."""
    return int(np.logical_and.accumulate(flags).sum())


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
    if as_int(name, value) < 0:
        raise ValueError(f"{name} must be at least 0, but got {value}")
    return value


def peer_suggestions(lrs: Floats, smoothed_losses: Floats) -> dict[str, float | None]:
    """The learning rate that each reading gives, by its name; None where it gives none."""
    trimmed = trimmed_as_fastai(lrs, smoothed_losses)
    return {
        **{reading.__name__: reading(*trimmed) for reading in (valley, slide, minimum, steep)},
        "steepest_torch_lr_finder": steepest_torch_lr_finder(lrs, smoothed_losses),
        "steepest_lightning": steepest_lightning(lrs, smoothed_losses),
        "steepest_ignite": steepest_ignite(lrs, smoothed_losses),
    }
