"""Noisy curves of a range test whose steepest descent is known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lrcore import smooth

POINTS = 100
LOG_LRS = np.linspace(-5.0, 1.0, POINTS)
FINE = np.linspace(-5.0, 1.0, 60_001)
NOISES = ("gaussian", "heavy-tailed", "correlated", "growing")
DIVERGENCE_FACTOR = 4.0


class SyntheticCurve(NamedTuple):
    """A curve as a range test would have recorded it, and the lr where its noiseless loss falls fastest."""

    lrs: np.ndarray
    losses: np.ndarray
    steepest_lr: float


class Shape(NamedTuple):
    """A fall around `centre`, skew for an exponent other than 1, and an explosion; all in decades but the heights."""

    centre: float
    width: float
    exponent: float
    height: float
    explosion: float
    abruptness: float

    def loss(self, log_lrs: np.ndarray) -> np.ndarray:
        fall = (1 + np.exp(-(log_lrs - self.centre) / self.width)) ** -self.exponent
        rise = np.exp(np.minimum((log_lrs - self.explosion) / self.abruptness, 50.0))
        return 2.3 - self.height * fall + self.height * rise


def synthetic_curve(seed: int) -> SyntheticCurve:
    """The curve of this seed; the kinds of noise take turns."""
    rng = np.random.default_rng(seed)
    centre, width = rng.uniform(-3.5, -1.0), rng.uniform(0.1, 0.4)
    shape = Shape(
        centre=centre,
        width=width,
        exponent=2.0 ** rng.uniform(-1.0, 1.0),
        height=10.0 ** rng.uniform(-1.0, 0.2),
        explosion=centre + rng.uniform(3.0, 8.0) * width,
        abruptness=rng.uniform(0.05, 0.3),
    )
    noise = rng.uniform(0.02, 0.15) * shape.height * unit_noise(NOISES[seed % len(NOISES)], rng, shape.centre)
    losses = shape.loss(LOG_LRS) + noise
    steepest = FINE[np.argmin(np.gradient(shape.loss(FINE)))]
    end = stop(losses)
    return SyntheticCurve(10.0 ** LOG_LRS[:end], losses[:end], float(10.0**steepest))


def unit_noise(kind: str, rng: np.random.Generator, centre: float) -> np.ndarray:
    """Noise of a standard deviation of 1; "growing" triples it from the fall on."""
    white = rng.standard_normal(POINTS)
    if kind == "heavy-tailed":
        return rng.standard_t(3, POINTS) / np.sqrt(3)
    if kind == "correlated":
        return correlated(white, 0.6)
    return white * np.where(centre < LOG_LRS, 3.0, 1.0) if kind == "growing" else white


def correlated(white: np.ndarray, correlation: float) -> np.ndarray:
    """A first-order autoregressive process."""
    noise = white.copy()
    for i in range(1, len(noise)):
        noise[i] = correlation * noise[i - 1] + np.sqrt(1 - correlation**2) * white[i]
    return noise


def stop(losses: np.ndarray) -> int:
    """The points that a range test has recorded when its smoothed loss exceeds 4 times the best."""
    smoothed = smooth(losses, 0.98)
    diverged = smoothed > DIVERGENCE_FACTOR * np.minimum.accumulate(smoothed)
    return int(np.argmax(diverged)) + 1 if diverged.any() else len(losses)
