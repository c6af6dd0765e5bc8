"""The learning rate of every update of a run: recorded, stored and compared."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lrcore._files import open_truncated_to
from lrcore._validation import as_float, as_int

Floats = npt.NDArray[np.float64]

COLUMNS = ("step", "lr", "read_back", "loss")
HEADER = ",".join(COLUMNS) + "\n"


@dataclass(frozen=True, eq=False)
class Trace:
    """The record of a run, update by update; compare two with `first_difference`.

    Args:
        step: Index of the update, int64, shape (n,).
        lr: Learning rate that the core gave, float64, shape (n,).
        read_back: Learning rate read back from the optimizer, float64, shape (n,).
        loss: Loss of the update, float64, shape (n,).

    Raises:
        ValueError: When the columns differ in length.
    """

    step: npt.NDArray[np.int64]
    lr: Floats
    read_back: Floats
    loss: Floats

    def __post_init__(self) -> None:
        for name in COLUMNS:
            object.__setattr__(self, name, _frozen(name, getattr(self, name)))
        shapes = [getattr(self, name).shape for name in COLUMNS]
        if shapes != [(len(self),)] * len(COLUMNS):
            raise ValueError(f"the columns of a trace must be one-dimensional and of equal length, but got {shapes}")

    def __len__(self) -> int:
        return self.step.size

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Trace:
        """The trace that a `TraceWriter` wrote, bit for bit.

        Raises:
            ValueError: When the file is malformed; the sentence names the file and the line.
            OSError: When it cannot be read.
        """
        # What is not UTF-8 becomes text that is no number, and so gets the sentence of a malformed line.
        with open(path, encoding="utf-8", errors="replace") as file:
            if file.readline() != HEADER:
                raise ValueError(f"{path}, line 1: expected the header {HEADER.strip()!r}")
            rows = [_parse(path, number, line) for number, line in enumerate(file, start=2)]
        return cls(*(np.array([row[column] for row in rows]) for column in range(len(COLUMNS))))


class TraceWriter:
    """Writes a trace as CSV, one row at a time; a context manager.

    Floats are written by `repr`, so that they read back bit for bit.

    Args:
        path: The file, which is made or emptied.
        keep: Rows of an earlier trace in `path` to go on after; those behind them are dropped.

    Raises:
        OSError: When the file cannot be written.
        ValueError: When it has fewer than `keep` rows.

    Example:
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "trace.csv")
        >>> with TraceWriter(path) as writer:
        ...     writer.append(step=0, lr=0.1, read_back=0.1, loss=2.3)
        >>> Trace.read(path).loss.tolist()
        [2.3]
    """

    def __init__(self, path: str | os.PathLike[str], keep: int = 0) -> None:
        self._file = open_truncated_to(path, keep + 1 if keep > 0 else 0)
        if keep == 0:
            self._file.write(HEADER)

    def append(self, step: int, lr: float, read_back: float, loss: float) -> None:
        """Write the row of one update."""
        values = (as_float("lr", lr), as_float("read_back", read_back), as_float("loss", loss))
        self._file.write(",".join([str(as_int("step", step)), *map(repr, values)]) + "\n")

    def flush(self) -> None:
        """Hand what is still in memory to the operating system, so that it outlives this process."""
        self._file.flush()

    def close(self) -> None:
        """Write what is still in memory and close the file."""
        self._file.close()

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True)
class Difference:
    """The first difference between two traces.

    Args:
        step: The first update that differs.
        reason: A phrase for people, which names it.
    """

    step: int
    reason: str


def first_difference(a: Trace, b: Trace) -> Difference | None:
    """The first update at which two runs did not follow the same learning rates, None if there is none.

    Traces agree when they are equally long, their steps are equal, their `lr` is bit-identical, and every `read_back`
    of either is exactly its `lr` or exactly that rounded to float32. Losses are not compared.

    Example:
        >>> torch_trace = Trace([0, 1], [0.1, 0.2], [0.1, 0.2], [2.3, 2.2])
        >>> keras_trace = Trace([0, 1], [0.1, 0.3], [0.1, 0.3], [2.3, 2.2])
        >>> first_difference(torch_trace, keras_trace)
        Difference(step=1, reason='update 1: lr 0.2 against 0.3')
    """
    shared = slice(min(len(a), len(b)))
    differs = np.array(
        [
            a.step[shared] != b.step[shared],
            _bits(a.lr[shared]) != _bits(b.lr[shared]),
            ~_is_faithful(a)[shared],
            ~_is_faithful(b)[shared],
        ]
    )
    if differs.any():
        row = int(np.argmax(differs.any(axis=0)))
        return Difference(int(a.step[row]), _reason(a, b, row, int(np.argmax(differs[:, row]))))
    return _length_difference(a, b)


def _reason(a: Trace, b: Trace, row: int, column: int) -> str:
    update = f"update {a.step[row]}:"
    if column == 0:
        return f"{update} run B has update {b.step[row]} in its place"
    if column == 1:
        return f"{update} lr {float(a.lr[row])!r} against {float(b.lr[row])!r}"
    trace, run = (a, "A") if column == 2 else (b, "B")
    lr, read_back = float(trace.lr[row]), float(trace.read_back[row])
    return f"{update} read-back {read_back!r} of run {run} is neither lr {lr!r} nor its float32"


def _length_difference(a: Trace, b: Trace) -> Difference | None:
    if len(a) == len(b):
        return None
    (short, shorter), (long, longer) = sorted([("A", a), ("B", b)], key=lambda run: len(run[1]))
    reason = f"run {short} ends after {len(shorter)} updates, run {long} has {len(longer)}"
    return Difference(int(longer.step[len(shorter)]), reason)


def _is_faithful(trace: Trace) -> npt.NDArray[np.bool_]:
    with np.errstate(over="ignore"):
        rounded = trace.lr.astype(np.float32).astype(np.float64)
    read_back = _bits(trace.read_back)
    faithful: npt.NDArray[np.bool_] = (read_back == _bits(trace.lr)) | (read_back == _bits(rounded))
    return faithful


def _bits(values: Floats) -> npt.NDArray[np.int64]:
    return values.view(np.int64)


def _frozen(name: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
    array = np.array(values)
    if name == "step" and array.size > 0 and array.dtype.kind not in "iu":
        raise TypeError(f"step must hold integers, but got {array.dtype}")
    array = array.astype(np.int64 if name == "step" else np.float64)
    array.flags.writeable = False
    return array


def _parse(path: str | os.PathLike[str], number: int, line: str) -> tuple[int, float, float, float]:
    try:
        if not line.endswith("\n"):
            raise ValueError
        step, lr, read_back, loss = line.split(",")
        return as_int("step", int(step)), float(lr), float(read_back), float(loss)
    except ValueError:
        raise ValueError(f"{path}, line {number}: expected {HEADER.strip()}, but got {line[:80]!r}") from None
