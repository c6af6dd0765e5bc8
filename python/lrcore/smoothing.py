"""Smoothing of loss curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import lrcore._core as _core
from lrcore._validation import as_float


class ExponentialMovingAverage:
    """Bias-corrected exponential moving average.

    m_t = beta * m_{t-1} + (1 - beta) * x_t,  value_t = m_t / (1 - beta^t),  t from 1

    Args:
        beta: Weight of the past, at least 0 and less than 1.

    Raises:
        ValueError: When `beta` is out of range.
        TypeError: When `beta` is not a number.

    Source: Kingma and Ba, "Adam" (arXiv:1412.6980), section 3; the guide's LR_Finder.

    Example:
        >>> average = ExponentialMovingAverage(beta=0.5)
        >>> average.update(3.0), average.update(6.0)
        (3.0, 5.0)
    """

    def __init__(self, beta: float = 0.98) -> None:
        self._core_ema = _core.Ema(as_float("beta", beta))

    def __repr__(self) -> str:
        return f"ExponentialMovingAverage(beta={self.beta!r})"

    @property
    def beta(self) -> float:
        """Weight of the past."""
        return self._core_ema.beta

    @property
    def count(self) -> int:
        """How many values have been averaged."""
        return self._core_ema.count

    @property
    def value(self) -> float | None:
        """The average so far, None before the first value."""
        return self._core_ema.value

    def update(self, x: float) -> float:
        """Take in the next value and return the average."""
        return self._core_ema.update(as_float("x", x))

    def state_dict(self) -> dict[str, Any]:
        """The state in JSON types."""
        return self._core_ema.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`.

        Raises:
            ValueError: When `state` is of another version or shape; nothing is changed then.
        """
        self._core_ema.load_state_dict(state)


def smooth(losses: npt.ArrayLike, beta: float = 0.98) -> npt.NDArray[np.float64]:
    """The exponential moving average after each of `losses`, as `ExponentialMovingAverage` gives it.

    Args:
        losses: Shape (n,).
        beta: Weight of the past, at least 0 and less than 1.

    Returns:
        Shape (n,), float64.

    Raises:
        ValueError: When `beta` is out of range or `losses` is not one-dimensional.

    Example:
        >>> smooth([3.0, 6.0], beta=0.5).tolist()
        [3.0, 5.0]
    """
    values = np.ascontiguousarray(losses, dtype=np.float64)
    if np.ndim(losses) != 1:
        raise ValueError(f"losses must be one-dimensional, but got shape {np.shape(losses)}")
    return _core.smooth(values, as_float("beta", beta))


def smooth_centred(losses: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Finite losses smoothed without lag, which an exponential moving average has.

    A running median over points i-h ... i+h, then a running mean over i-h//2 ... i+h//2, with h = n/20 rounded and at
    least 1. The median takes away single spikes and leaves a monotone stretch as it is. Near the ends the windows hold
    the points that there are.

    Args:
        losses: Shape (..., n), finite; smoothed along the last axis.

    Returns:
        Shape (..., n), float64.

    Example:
        >>> smooth_centred([4.0, 4.0, 9.0, 4.0, 1.0, 1.0, 1.0]).tolist()
        [4.0, 4.0, 4.0, 4.0, 1.0, 1.0, 1.0]
    """
    values = np.asarray(losses, dtype=np.float64)
    h = half_width(values.shape[-1])
    return _running(np.mean, _running(np.median, values, h), h // 2)


def half_width(points: int) -> int:
    """The h of `smooth_centred` for a curve of so many points."""
    return max(1, round(points / 20))


def _running(
    statistic: Callable[..., npt.NDArray[np.float64]], values: npt.NDArray[np.float64], half_width: int
) -> npt.NDArray[np.float64]:
    smoothed = np.empty_like(values)
    for i in range(values.shape[-1]):
        smoothed[..., i] = statistic(values[..., max(0, i - half_width) : i + half_width + 1], axis=-1)
    return smoothed
