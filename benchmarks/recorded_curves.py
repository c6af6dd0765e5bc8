"""The range tests that record_range_tests.py has recorded, and the best learning rate of each grid."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np


class RecordedCurve(NamedTuple):
    """A real range test; `best_lr` is that of its grid with the lowest validation loss, None without a grid."""

    configuration: str
    seed: int
    lrs: np.ndarray
    losses: np.ndarray
    best_lr: float | None


def recorded_curves(folder: Path) -> list[RecordedCurve]:
    """All range tests in `folder`, by configuration and seed."""
    return [recorded_curve(path) for path in sorted(folder.glob("range_test_*.csv"))]


def recorded_curve(path: Path) -> RecordedCurve:
    name = path.stem.removeprefix("range_test_")
    configuration, seed = name.rsplit("_", 1)
    lrs, losses = np.loadtxt(path, delimiter=",", skiprows=1, unpack=True)
    return RecordedCurve(
        configuration.replace("_", " "), int(seed), lrs, losses, best_lr(path.with_name(f"grid_{name}.csv"))
    )


def best_lr(path: Path) -> float | None:
    if not path.exists():
        return None
    lrs, validation_losses, _ = np.loadtxt(path, delimiter=",", skiprows=1, unpack=True)
    return float(lrs[np.nanargmin(validation_losses)])
