"""How far the curves of two runs are apart, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lrcore.trace import Trace, first_difference

COLUMNS = {"learning rates": "lr", "losses": "loss"}


@dataclass(frozen=True)
class Largest:
    """The update at which two curves are furthest apart, and their values there."""

    step: int
    a: float
    b: float


def largest_difference(a: Trace, b: Trace, column: str) -> Largest | None:
    """Where `column` ("lr" or "loss") of two runs differs most, over the updates at which both are finite.

    Example:
        >>> a, b = (Trace([0, 1], [0.1, 0.1], [0.1, 0.1], losses) for losses in ([2.0, 1.5], [2.0, 1.75]))
        >>> largest_difference(a, b, "loss")
        Largest(step=1, a=1.5, b=1.75)
    """
    steps, rows_a, rows_b = np.intersect1d(a.step, b.step, return_indices=True)
    values = np.stack([getattr(a, column)[rows_a], getattr(b, column)[rows_b]])
    finite = np.isfinite(values).all(axis=0)
    if not finite.any():
        return None
    steps, values = steps[finite], values[:, finite]
    row = int(np.argmax(np.abs(values[0] / 2 - values[1] / 2)))  # the halves' difference cannot overflow
    return Largest(int(steps[row]), float(values[0, row]), float(values[1, row]))


def lr_sentences(traces: Mapping[str, Trace]) -> list[str]:
    """Whether each run followed the learning rates of the first bit for bit, and if not, where they are furthest apart.

    Example:
        >>> trace = Trace([0, 1], [0.1, 0.2], [0.1, 0.2], [2.3, 2.2])
        >>> lr_sentences({"torch": trace, "keras": trace})
        ['keras followed the learning rates of torch bit for bit in all 2 updates.']
    """
    (first, a), *others = traces.items()
    return [_lr_sentence(first, a, name, b) for name, b in others]


def _lr_sentence(first: str, a: Trace, name: str, b: Trace) -> str:
    difference = first_difference(a, b)
    if difference is None:
        return f"{name} followed the learning rates of {first} bit for bit in all {len(a):,} updates."
    sentence = f"The learning rates of {first} (run A) and {name} (run B) are not equal: {difference.reason}."
    return f"{sentence} {_furthest_apart('learning rates', first, a, name, b)}"


def loss_sentences(traces: Mapping[str, Trace]) -> list[str]:
    """Where the losses of each run are furthest from those of the first."""
    (first, a), *others = traces.items()
    return [_furthest_apart("losses", first, a, name, b) for name, b in others]


def _furthest_apart(what: str, first: str, a: Trace, name: str, b: Trace) -> str:
    largest = largest_difference(a, b, COLUMNS[what])
    if largest is None:
        return f"The {what} of {first} and {name} are never both finite."
    if largest.a == largest.b:
        return f"The {what} of {first} and {name} are equal in every update that both did."
    where = f"at update {largest.step:,}: {largest.a:.6g} against {largest.b:.6g}"
    apart = abs(largest.a - largest.b)
    return f"The largest difference of the {what} of {first} and {name} is {apart:.3g}, {where}."
