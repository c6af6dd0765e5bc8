"""Tables with a column for each run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lrcore.cifar.policy import policy_from_dict
from lrcore.cifar.report.blocks import Block, Paragraph, Row, Table
from lrcore.cifar.report.cells import NOTHING, plain
from lrcore.cifar.report.recorded_run import RecordedRun, as_mapping


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
