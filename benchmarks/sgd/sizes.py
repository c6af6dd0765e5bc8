"""The sizes that are measured, and how often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """So many tensors of so many weights each; `calls` steps are timed together, in each of `repeats` rounds."""

    label: str
    weights: int
    tensors: int
    repeats: int
    calls: int


TINY = Size("26 / 2", 13, 2, repeats=61, calls=50)
GUIDE = Size("454 k / 30", 15_134, 30, repeats=41, calls=10)
MANY = Size("1 M / 1000", 1_000, 1000, repeats=21, calls=5)
RESNET = Size("11 M / 62", 180_000, 62, repeats=21, calls=3)
LARGE = Size("100 M / 200", 500_000, 200, repeats=9, calls=1)

REST = 0.02
"""Seconds after which OpenMP's threads no longer spin."""
