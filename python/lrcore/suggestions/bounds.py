"""Where the loss of a range test starts and stops falling."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lrcore.suggestions.curve import Floats, curve
from lrcore.suggestions.descent import FallingCurve, NoDescent, falling_curve, slopes

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
