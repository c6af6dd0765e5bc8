"""Reading learning rates off the curve of a range test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrcore.smoothing import smooth_centred
from lrcore.suggestions.bounds import Bounds, bounds, bounds_of
from lrcore.suggestions.curve import Floats, curve
from lrcore.suggestions.descent import FallingCurve, NoDescent, falling_curve, steepest
from lrcore.suggestions.resampling import resampled

__all__ = ["Bounds", "Suggestion", "bounds", "suggest"]

COVERED = (0.1, 0.9)


@dataclass(frozen=True)
class Suggestion:
    """Learning rates that a range test suggests.

    Args:
        lr: For training with a static learning rate, None when there is no suggestion.
        base_lr: Lower bound for a cycle, None when there is no suggestion.
        max_lr: Upper bound for a cycle or any learning rate, None when the curve shows none.
        reason: Why something is missing, a sentence; None when nothing is.
        interval: (low, high), where 80 % of the resampled readings of `lr` lie; None when there is no suggestion.
    """

    lr: float | None
    base_lr: float | None
    max_lr: float | None
    reason: str | None
    interval: tuple[float, float] | None = None


def suggest(lrs: npt.ArrayLike, losses: npt.ArrayLike, *, repeats: Sequence[npt.ArrayLike] | None = None) -> Suggestion:
    """The learning rate at which the loss falls fastest, and those between which it falls.

    The finite losses are smoothed without lag (`smooth_centred`) and turned into the share f of the fall that is lost
    for good at each point, from 0 on the plateau before the fall to 1 at the lowest point.

    - lr is the mean of log lr up to the lowest point, weighted with the cube of the slope of f over log lr.
    - base_lr and max_lr are where f reaches 0.1 and 0.9.
    - interval is taken from readings of 100 curves whose residuals have random signs, or from those of the repeats.

    Only the shape of the curve counts: a * losses + b gives the same learning rates for any a > 0 and b.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Raw losses, shape (n,); the points that are NaN or infinite are left out.
        repeats: Raw losses of each of the runs of which `losses` is the mean, from the first learning rate on.

    Returns:
        Learning rates, or why there are none: fewer than 15 finite losses, a loss that rose from the start, or one that
        never fell by more than its noise, 5 standard errors of the smoothed losses; of the last, max_lr is where the
        loss rises by more than that for good. Where the loss still fell at the end, more than a quarter as fast as at
        its fastest and into no loss that is not finite, there is no max_lr.

    Raises:
        ValueError: When `lrs` is out of range or the shapes differ; never because of a poor curve.

    Source: the guide (a static learning rate on the steepest descent, bounds where the loss starts and stops falling),
    after Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section 3.3; weights, levels
    and smoothing are lrcore's own definition, measured in docs/suggestions.md.

    Example:
        >>> import numpy as np
        >>> lrs = np.geomspace(1e-5, 1.0, 101)
        >>> losses = 2.3 - 1 / (1 + (1e-3 / lrs) ** 2)  # falls by 1, fastest at 1e-3
        >>> found = suggest(lrs, losses)
        >>> [f"{lr:.1g}" for lr in (found.base_lr, found.lr, found.max_lr)]
        ['0.0003', '0.001', '0.003']
        >>> suggest(lrs, np.ones(101)).reason
        'the loss never fell by more than its noise'
    """
    lrs, losses = curve(lrs, losses)
    falling = falling_curve(lrs, losses)
    base_lr, max_lr, reason = bounds_of(falling)
    if isinstance(falling, NoDescent):
        return Suggestion(None, base_lr, max_lr, reason)
    log_lr = _log_lr(falling)
    readings = _of_repeats(lrs, repeats) if repeats else _of_resamples(falling)
    return Suggestion(falling.lr(log_lr), base_lr, max_lr, reason, _interval(falling, log_lr, readings))


def _log_lr(falling: FallingCurve) -> float:
    return float(steepest(falling.log_lrs, falling.lost(falling.smoothed)))


def _of_resamples(falling: FallingCurve) -> Floats:
    lost = falling.lost(smooth_centred(resampled(falling.losses, falling.smoothed)))
    log_lrs = steepest(falling.log_lrs, lost)
    return log_lrs[np.isfinite(log_lrs)]


def _of_repeats(lrs: Floats, repeats: Sequence[npt.ArrayLike]) -> Floats:
    """The logarithms of the learning rates of those repeats that have one."""
    runs = (np.asarray(losses, dtype=np.float64) for losses in repeats)
    curves = (falling_curve(lrs[: len(losses)], losses[: len(lrs)]) for losses in runs)
    return np.array([_log_lr(falling) for falling in curves if not isinstance(falling, NoDescent)])


def _interval(falling: FallingCurve, log_lr: float, readings: Floats) -> tuple[float, float] | None:
    """Where 80 % of the readings lie, widened to hold `log_lr` itself; None for fewer than two readings."""
    if len(readings) < 2:
        return None
    low, high = np.quantile(readings, COVERED)
    return falling.lr(min(low, log_lr)), falling.lr(max(high, log_lr))
