"""The descent of a loss curve: how much of its fall the loss has behind it at each learning rate."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lrcore.smoothing import half_width, smooth_centred
from lrcore.suggestions.curve import Floats

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
    """Of the running median in `smooth_centred`: 1.25 sigma / sqrt(2h + 1), for Gaussian noise."""
    sigma = 1.4826 * np.median(np.abs(residuals - np.median(residuals)))
    return float(1.25 * sigma / math.sqrt(2 * half_width(len(residuals)) + 1))


def _start_level(falling: Floats) -> float:
    """The level of the plateau at the beginning of a curve that ends at its lowest point.

    The median from the first point to the last that has lost at most 10 %; for a first level to the last one in the
    upper half, and then anew until the end of the plateau moves back no more.
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
