"""Recorded runs as the report reads them: contents, missing parts, and differences between runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lrcore.cifar.report.blocks import NOTHING, Block, Paragraph, Row, Table, number, plain
from lrcore.cifar.training.policies import policy_from_dict
from lrcore.cifar.training.run_folder import Epoch, RunFolder
from lrcore.range_test import RangeTestResult
from lrcore.trace import Trace, first_difference

COLUMNS = {"learning rates": "lr", "losses": "loss"}


@dataclass(frozen=True)
class Largest:
    """The update at which two curves are furthest apart, and their values there."""

    step: int
    a: float
    b: float


def largest_difference(a: Trace, b: Trace, column: str) -> Largest | None:
    """Update at which `column` ("lr" or "loss") of two runs differs most, among those at which both are finite.

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
    """Comparison of learning rates with the first run's: equal bit for bit, or the update with the largest difference.

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
    """Update at which each run's loss differs most from the first run's."""
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


T = TypeVar("T")


@dataclass(frozen=True)
class Missing:
    """Stands for a file that is not there or cannot be read; the sentence says which."""

    sentence: str


@dataclass(frozen=True, eq=False)
class RecordedRun:
    """A run folder that has been read; a part is `Missing` where its file is."""

    name: str
    config: Mapping[str, Any]
    trace: Trace | Missing
    history: tuple[Epoch, ...] | Missing
    result: Mapping[str, Any] | Missing
    range_test: RangeTestResult | Missing
    log: list[dict[str, Any]] | Missing
    misclassified: bytes | Missing

    @classmethod
    def read(cls, name: str, path: Path) -> RecordedRun:
        """Read the folder `path`.

        Raises:
            ValueError: When it is no run folder; whatever else is wrong with it becomes a `Missing`.
        """
        folder = RunFolder.open(path)
        return cls(
            name=name,
            config=folder.read_config(),
            trace=_part(name, "trace.csv", folder.trace),
            history=_part(name, "history.csv", folder.history),
            result=_part(name, "result.json", folder.result),
            range_test=_part(name, "range_test.json", folder.range_test),
            log=_part(name, "log.jsonl", folder.log),
            misclassified=_part(name, "misclassified.png", (path / "misclassified.png").read_bytes),
        )

    def recorded(self, part: str) -> Mapping[str, Any]:
        """A part of the config such as "settings"; empty when the run did not record it."""
        return as_mapping(self.config.get(part))

    @property
    def is_complete(self) -> bool:
        """True if the run has finished and has a result."""
        return not isinstance(self.result, Missing) and self.result.get("completed") is not False

    def outcome(self, name: str) -> Any:
        """A value of result.json; None where there is none."""
        return None if isinstance(self.result, Missing) else self.result.get(name)


def read_runs(paths: Sequence[Path]) -> list[RecordedRun]:
    """Read each folder; a run goes by the last part of its path, or by as many parts as tell it from the others.

    Raises:
        ValueError: When there are none, one is no run folder, or one is given twice.
    """
    if not paths:
        raise ValueError("runs must name at least one run folder")
    resolved = [path.resolve() for path in paths]
    for path in resolved:
        if resolved.count(path) > 1:
            raise ValueError(f"run folder {path} is given twice")
    return [RecordedRun.read(name, path) for name, path in zip(_names(resolved), paths, strict=True)]


def present(runs: Sequence[RecordedRun], part: Callable[[RecordedRun], T | Missing]) -> tuple[dict[str, T], list[str]]:
    """The part of each run that has it, by the name of the run, and a sentence for each run that lacks it."""
    parts = {run.name: part(run) for run in runs}
    found = {name: value for name, value in parts.items() if not isinstance(value, Missing)}
    return found, [value.sentence for value in parts.values() if isinstance(value, Missing)]


def as_mapping(value: Any) -> Mapping[str, Any]:
    """`value` itself if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _part(name: str, file: str, read: Callable[[], T]) -> T | Missing:
    try:
        return read()
    except FileNotFoundError:
        return Missing(f"{name} has no {file}.")
    except OSError as error:
        return Missing(f"{file} of {name} cannot be read: {error.strerror}.")
    except ValueError as error:
        return Missing(f"{file} of {name} cannot be read: {_printable(str(error))}.")


def _names(paths: Sequence[Path]) -> list[str]:
    depth = 1
    while len({path.parts[-depth:] for path in paths}) < len(paths):
        depth += 1
    return [_printable(str(Path(*path.parts[-depth:]))) for path in paths]


def _printable(text: str) -> str:
    """`text` without the surrogates that stand in a path for bytes that are no UTF-8."""
    return os.fsencode(text).decode("utf-8", errors="replace")


def updates_done(run: RecordedRun) -> int | None:
    """Number of updates, from the result or else from the rows of the trace."""
    recorded = run.outcome("updates")
    if isinstance(recorded, int):
        return recorded
    return None if isinstance(run.trace, Missing) else len(run.trace)


def updates_per_second(run: RecordedRun) -> float | None:
    """Updates over the wall time of the training, validation included."""
    updates, seconds = updates_done(run), number(run.outcome("seconds"))
    return updates / seconds if updates is not None and seconds is not None and seconds > 0 else None


def side_by_side(caption: str, columns: Mapping[str, Mapping[str, str]], *, mark: bool = False) -> Table:
    """A column for each run, by its name, with a row for each label that any of them has.

    Args:
        caption: Of the table.
        columns: The texts of each run by their labels.
        mark: Whether to mark the rows in which the runs differ.
    """
    labels = dict.fromkeys(label for texts in columns.values() for label in texts)
    cells = {label: tuple(texts.get(label, NOTHING) for texts in columns.values()) for label in labels}
    rows = (Row(label, texts, differs=mark and len(set(texts)) > 1) for label, texts in cells.items())
    return Table(caption, tuple(columns), tuple(rows))


def recorded_side_by_side(caption: str, runs: Sequence[RecordedRun], part: str) -> Block:
    """Everything that the configs hold under `part`, marked where the runs differ."""
    columns = {run.name: dict(flat(run.recorded(part))) for run in runs}
    if not any(columns.values()):
        return Paragraph(f"No {part} recorded.")
    return side_by_side(caption, columns, mark=True)


def flat(content: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    """Every value of a nested mapping as text, by a label such as "cutout.p"; a schedule is one value."""
    for key, value in content.items():
        label = f"{prefix}{key}"
        if isinstance(value, Mapping) and "schedule" not in value:
            yield from flat(value, f"{label}.")
        else:
            yield label, schedule_text(value) if isinstance(value, Mapping) else plain(value)


def schedule_text(content: Any) -> str:
    """A schedule as it is written in Python; as JSON when this lrcore does not know it."""
    try:
        return repr(policy_from_dict(dict(as_mapping(content))))
    except (ValueError, TypeError):
        return plain(content)
