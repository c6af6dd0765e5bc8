"""fastai's four readings (fastai/callback/schedule.py, version 2.8), in float64 where fastai rounds to float32."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrcore import _core
from lrcore._arguments import count
from lrcore.suggestions.curve import Floats, curve

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
    begin = (len(lrs) if num_iter is None else count("num_iter", num_iter)) // 10
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
