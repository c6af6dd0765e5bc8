"""Checks of a range test's curve: learning rates and losses of one length."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def curve(lrs: npt.ArrayLike, losses: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Learning rates and losses as float64 arrays.

    Raises:
        ValueError: When the shapes differ or `lrs` is not finite, greater than 0 and increasing.
    """
    lrs, losses = np.asarray(lrs, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    check_curve(lrs, losses=losses)
    return lrs, losses


def check_curve(lrs: Floats, **columns: Floats) -> None:
    """ValueError unless `lrs` are learning rates of a range test and every column has a value for each."""
    if lrs.ndim != 1 or any(column.shape != lrs.shape for column in columns.values()):
        shapes = ", ".join(f"{name} {column.shape}" for name, column in columns.items())
        raise ValueError(f"lrs must be one-dimensional and as long as its losses, but got shapes {lrs.shape}, {shapes}")
    if not (np.isfinite(lrs).all() and (lrs > 0).all() and (np.diff(lrs) > 0).all()):
        raise ValueError("lrs must be finite, greater than 0 and increasing")
