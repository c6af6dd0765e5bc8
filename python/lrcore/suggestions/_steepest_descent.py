"""The suggestion at the steepest descent: learning rate, interval and bounds from a smoothed curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lrcore.smoothing import half_width, smooth_centred
from lrcore.suggestions._curve import Floats, curve

MIN_POINTS = 15
MAX_POINTS = 200
NOISE_FACTOR = 5.0
SLOPE_POWER = 3


class FallingCurve(NamedTuple):
    """A curve scaled to losses of at most 1, as only its shape counts, and what smoothing makes of it.

    `start` is the level of the plateau before the fall, `drop` how far the loss falls from there; `end_lrs` are the
    first and the last learning rate, `complete` says whether the last loss was finite.
    """

    log_lrs: Floats
    losses: Floats
    smoothed: Floats
    start: float
    drop: float
    end_lrs: tuple[float, float]
    complete: bool

    def lr(self, log_lr: float) -> float:
        """The learning rate of this logarithm, which rounding does not take out of the range test."""
        return float(np.clip(np.exp(log_lr), *self.end_lrs))

    def lost(self, smoothed: Floats) -> Floats:
        """The share of the drop that is lost for good at each point, never decreasing.

        The mean of the most that is lost so far and the least that is lost from here on, up to the lowest point, from
        which on it stays; shape (..., n) as that of `smoothed`.
        """
        share = np.maximum((self.start - smoothed) / self.drop, 0.0)
        bottom = np.argmax(share, axis=-1, keepdims=True)
        held = np.where(np.arange(share.shape[-1]) > bottom, share.max(axis=-1, keepdims=True), share)
        least = np.minimum.accumulate(held[..., ::-1], axis=-1)[..., ::-1]
        return (np.maximum.accumulate(held, axis=-1) + least) / 2


class NoDescent(NamedTuple):
    """Why a curve cannot be read, and the last learning rate before it rose for good, where it did."""

    reason: str
    max_lr: float | None = None


def falling_curve(lrs: Floats, losses: Floats) -> FallingCurve | NoDescent:
    """The curve of the finite losses, if it falls."""
    finite = np.isfinite(losses)
    if finite.sum() < MIN_POINTS:
        return NoDescent(f"{finite.sum()} of {len(losses)} losses are finite, but at least {MIN_POINTS} are needed")
    log_lrs, scaled = _condensed(np.log(lrs[finite]), _scaled(losses[finite]))
    smoothed = smooth_centred(scaled)
    bottom = int(np.argmin(smoothed))
    start = _start_level(smoothed[: bottom + 1])
    drop, noise = start - float(smoothed[bottom]), NOISE_FACTOR * _standard_error(scaled - smoothed)
    curve = FallingCurve(log_lrs, scaled, smoothed, start, drop, (float(lrs[0]), float(lrs[-1])), bool(finite[-1]))
    return curve if drop > noise else _no_descent(curve, highest=start + noise)


def _no_descent(curve: FallingCurve, highest: float) -> NoDescent:
    """Why a curve that does not fall below its noise cannot be read, and where it rises above for good."""
    bottom, rose = int(np.argmin(curve.smoothed)), curve.smoothed > highest
    if bottom <= half_width(len(rose)) and np.median(curve.smoothed) > highest:
        return NoDescent("the loss rose from the start")
    max_lr = curve.lr(curve.log_lrs[np.flatnonzero(~rose)[-1]]) if rose[-1] or not curve.complete else None
    return NoDescent("the loss never fell by more than its noise", max_lr)


def slopes(log_lrs: Floats, lost: Floats) -> Floats:
    """Share lost per unit of log lr, from h points before each point to h after it or the bottom; 0 past the bottom."""
    points, h = np.arange(len(log_lrs)), half_width(len(log_lrs))
    bottom = np.argmax(lost, axis=-1, keepdims=True)
    before = np.broadcast_to(np.maximum(points - h, 0), lost.shape)
    after = np.where(points <= bottom, np.minimum(points + h, bottom), before)
    rise = np.take_along_axis(lost, after, axis=-1) - np.take_along_axis(lost, before, axis=-1)
    width = log_lrs[after] - log_lrs[before]
    slope: Floats = np.divide(rise, width, out=np.zeros_like(lost), where=width > 0)
    return slope


def steepest(log_lrs: Floats, lost: Floats) -> Floats:
    """The mean of log lr over the descent, weighted with the cube of its slope; NaN where nothing is lost."""
    weights = slopes(log_lrs, lost) ** SLOPE_POWER * np.gradient(log_lrs)
    with np.errstate(invalid="ignore"):
        return np.asarray((weights * log_lrs).sum(axis=-1) / weights.sum(axis=-1))


def _scaled(losses: Floats) -> Floats:
    # Scaled before anything is added up, as losses may be near the limits of float64.
    scaled: Floats = losses / (float(np.abs(losses).max()) or 1.0)
    return scaled - np.median(scaled)


def _condensed(log_lrs: Floats, losses: Floats) -> tuple[Floats, Floats]:
    """Medians of so many neighbours that at most 200 points are left."""
    size = math.ceil(len(losses) / MAX_POINTS)
    groups = [slice(i, i + size) for i in range(0, len(losses), size)]
    return np.array([np.median(log_lrs[g]) for g in groups]), np.array([np.median(losses[g]) for g in groups])


def _standard_error(residuals: Floats) -> float:
    """Standard error of the running median in `smooth_centred`: 1.25 sigma / sqrt(2h + 1), for Gaussian noise."""
    sigma = 1.4826 * np.median(np.abs(residuals - np.median(residuals)))
    return float(1.25 * sigma / math.sqrt(2 * half_width(len(residuals)) + 1))


def _start_level(falling: Floats) -> float:
    """The level of the plateau at the beginning of a curve that ends at its lowest point.

    The median from the first point to the last that has lost at most 10 %; for a first level to the last one in the
    upper half, and then again until the end of the plateau moves back no more.
    """
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


LEVELS = (0.1, 0.9)
STILL_FALLING = 0.25


class Bounds(NamedTuple):
    """Bounds for a cycle.

    Args:
        base_lr: Where the loss starts to fall, None when it does not.
        max_lr: Where the loss stops falling or, when it never fell, starts to rise; None when it does neither.
        reason: Why something is missing, a sentence; None when nothing is.
    """

    base_lr: float | None
    max_lr: float | None
    reason: str | None


def bounds(lrs: npt.ArrayLike, losses: npt.ArrayLike) -> Bounds:
    """The learning rates between which the loss falls, as in `suggest`.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Raw losses, shape (n,); the points that are NaN or infinite are left out.

    Raises:
        ValueError: When `lrs` is out of range or the shapes differ; never because of a poor curve.

    Source: Smith (arXiv:1506.01186), section 3.3, on the loss instead of the accuracy.

    Example:
        >>> import numpy as np
        >>> lrs = np.geomspace(1e-5, 1.0, 101)
        >>> base_lr, max_lr, reason = bounds(lrs, 2.3 - 1 / (1 + (1e-3 / lrs) ** 2))
        >>> f"{base_lr:.1g}", f"{max_lr:.1g}", reason
        ('0.0003', '0.003', None)
    """
    lrs, losses = curve(lrs, losses)
    return bounds_of(falling_curve(lrs, losses))


def bounds_of(falling: FallingCurve | NoDescent) -> Bounds:
    """The bounds of a smoothed curve."""
    if isinstance(falling, NoDescent):
        return Bounds(None, falling.max_lr, falling.reason)
    lost = falling.lost(falling.smoothed)
    base_lr, max_lr = (falling.lr(_first_at_least(falling.log_lrs, lost, level)) for level in LEVELS)
    slope = slopes(falling.log_lrs, lost)
    if falling.complete and slope[-1] > STILL_FALLING * slope.max():
        return Bounds(base_lr, None, "the loss still fell at the last learning rate")
    return Bounds(base_lr, max_lr, None)


def _first_at_least(log_lrs: Floats, lost: Floats, level: float) -> float:
    after = max(int(np.argmax(lost >= level)), 1)
    return float(np.interp(level, lost[after - 1 : after + 1], log_lrs[after - 1 : after + 1]))


RESAMPLES = 100
RESIDUAL_SCALE = 2.0


def resampled(losses: Floats, smoothed: Floats) -> Floats:
    """The smoothed curve with twice the residual of a random near point added to each point, shape (100, n).

    Near is within h points, the h of the smoothing, so noise that grows along the curve does so in every resample.
    Twice, as the reading also errs by the smoothing itself, of which resampled noise shows nothing. Past the lowest
    point there is no noise: where the loss explodes the residuals do too, and the descent is over.
    """
    generator, n = np.random.Generator(np.random.Philox(0)), len(losses)
    h, bottom = half_width(n), int(np.argmin(smoothed))
    near = np.arange(n) + generator.integers(-h, h, (RESAMPLES, n), endpoint=True)
    residuals = (losses - smoothed)[np.clip(near, 0, bottom)]
    return smoothed + np.where(np.arange(n) <= bottom, RESIDUAL_SCALE * residuals, 0.0)


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
    """The middle 80 % of the readings, widened to hold `log_lr` itself; None for fewer than two readings."""
    if len(readings) < 2:
        return None
    low, high = np.quantile(readings, COVERED)
    return falling.lr(min(low, log_lr)), falling.lr(max(high, log_lr))
