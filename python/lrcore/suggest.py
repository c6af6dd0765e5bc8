"""Reading learning rates off the curve of a range test."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrcore.smoothing import half_width, smooth_centred

Floats = npt.NDArray[np.float64]

MIN_POINTS = 15
NOISE_FACTOR = 5.0


@dataclass(frozen=True)
class Suggestion:
    """Learning rates that a range test suggests; all three are None when it suggests none.

    Args:
        lr: For training with a static learning rate.
        base_lr: Lower bound for a cycle.
        max_lr: Upper bound for a cycle.
        reason: Why there is no suggestion, a sentence; None when there is one.
    """

    lr: float | None
    base_lr: float | None
    max_lr: float | None
    reason: str | None


def suggest(lrs: npt.ArrayLike, losses: npt.ArrayLike) -> Suggestion:
    """The learning rates at which the loss starts to fall, is half-way down, and stops falling.

    On the finite losses, smoothed without lag (`smooth_centred`) to s_i:

    - The bottom is the lowest s_i. The start is the median of s over the plateau before the fall, from the first point
      to the last one before the bottom that has lost at most 10 % of drop = start - bottom; for a first start, to the
      last one in the upper half of the fall, and then anew until the end of the plateau moves back no more.
    - base_lr is where s, as a polyline over log lr, has lost 10 % of the drop for good, that is, for the last time
      before the bottom.
    - lr and max_lr are where, from there on, it has first lost 50 % and 90 % of the drop.

    None is suggested, with the reason, from fewer than 15 finite losses, and where the loss never fell: where the drop
    is not above 5 standard errors of s, which are taken from the median absolute deviation of the raw losses from s.

    Only the shape of the curve counts: a * losses + b gives the same learning rates for any a > 0 and b.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Raw losses, shape (n,); the points that are NaN or infinite are left out.

    Raises:
        ValueError: When `lrs` is out of range or the shapes differ; never because of a poor curve.

    Source: the guide (a static learning rate half-way down the descent, bounds where the loss starts and stops
    falling), after Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section 3.3;
    levels, noise and smoothing are lrcore's own definition.

    Example:
        >>> import numpy as np
        >>> lrs = np.geomspace(1e-5, 1.0, 101)
        >>> losses = 2.3 - 1 / (1 + (1e-3 / lrs) ** 2)  # falls by 1, half of it at 1e-3
        >>> found = suggest(lrs, losses)
        >>> [f"{lr:.1g}" for lr in (found.base_lr, found.lr, found.max_lr)]
        ['0.0003', '0.001', '0.003']
        >>> suggest(lrs, np.ones(101)).reason
        'the loss never fell by more than its noise'
    """
    lrs, losses = np.asarray(lrs, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    check_curve(lrs, losses=losses)
    finite = np.isfinite(losses)
    if finite.sum() < MIN_POINTS:
        return _nothing(f"{finite.sum()} of {len(losses)} losses are finite, but at least {MIN_POINTS} are needed")
    normalised = _normalised(losses[finite])
    smoothed = smooth_centred(normalised)
    bottom = int(np.argmin(smoothed))
    start = _start_level(smoothed[: bottom + 1])
    drop = start - smoothed[bottom]
    if not drop > NOISE_FACTOR * _standard_error(normalised - smoothed):
        return _nothing("the loss never fell by more than its noise")
    levels = start - drop * np.array([0.1, 0.5, 0.9])
    base_lr, lr, max_lr = _descent(lrs[finite][: bottom + 1], smoothed[: bottom + 1], levels)
    return Suggestion(lr, base_lr, max_lr, reason=None)


def check_curve(lrs: Floats, **columns: Floats) -> None:
    """ValueError unless `lrs` are learning rates of a range test and every column has a value for each."""
    if lrs.ndim != 1 or any(column.shape != lrs.shape for column in columns.values()):
        shapes = ", ".join(f"{name} {column.shape}" for name, column in columns.items())
        raise ValueError(f"lrs must be one-dimensional and as long as its losses, but got shapes {lrs.shape}, {shapes}")
    if not (np.isfinite(lrs).all() and (lrs > 0).all() and (np.diff(lrs) > 0).all()):
        raise ValueError("lrs must be finite, greater than 0 and increasing")


def _nothing(reason: str) -> Suggestion:
    return Suggestion(lr=None, base_lr=None, max_lr=None, reason=reason)


def _normalised(losses: Floats) -> Floats:
    # Scaled before anything is added up, as losses may be near the limits of float64.
    scale = float(np.abs(losses).max()) or 1.0
    scaled: Floats = losses / scale
    return scaled - np.median(scaled)


def _standard_error(residuals: Floats) -> float:
    """Of the running median in `smooth_centred`: 1.25 sigma / sqrt(2h + 1), for Gaussian noise."""
    sigma = 1.4826 * np.median(np.abs(residuals - np.median(residuals)))
    return float(1.25 * sigma / math.sqrt(2 * half_width(len(residuals)) + 1))


def _start_level(falling: Floats) -> float:
    """The level of the plateau at the beginning of a curve that ends at its lowest point."""
    bottom = falling[-1]
    end = _last_at_least(falling, (falling.max() + bottom) / 2)
    while True:
        start = float(np.median(falling[: end + 1]))
        earlier = _last_at_least(falling, start - 0.1 * (start - bottom))
        if earlier >= end:
            return start
        end = earlier


def _last_at_least(values: Floats, level: float) -> int:
    return int(np.flatnonzero(values >= level)[-1])


def _descent(lrs: Floats, falling: Floats, levels: Floats) -> list[float]:
    """Where the curve first gets down to each level, after it has been above the first level for the last time."""
    begin = _last_at_least(falling, levels[0])
    return [_first_at_most(lrs[begin:], falling[begin:], level) for level in levels]


def _first_at_most(lrs: Floats, losses: Floats, level: float) -> float:
    after = int(np.argmax(losses <= level))
    before = max(after - 1, 0)
    share = (losses[before] - level) / (losses[before] - losses[after]) if after > 0 else 0.0
    log_lr = (1 - share) * np.log(lrs[before]) + share * np.log(lrs[after])
    return float(np.clip(np.exp(log_lr), lrs[before], lrs[after]))
