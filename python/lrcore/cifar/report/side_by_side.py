"""Tables with a column for each run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from lrcore.cifar.policy import policy_from_dict
from lrcore.cifar.report.blocks import Block, Paragraph, Row, Table
from lrcore.cifar.report.cells import NOTHING, plain
from lrcore.cifar.report.recorded_run import RecordedRun, as_mapping


def side_by_side(caption: str, runs: Sequence[RecordedRun], lines: Mapping[str, Callable[[RecordedRun], str]]) -> Table:
    """A row for each of `lines`, a cell for each run."""
    rows = tuple(Row(label, tuple(show(run) for run in runs)) for label, show in lines.items())
    return Table(caption, tuple(run.name for run in runs), rows)


def recorded_side_by_side(runs: Sequence[RecordedRun], part: str) -> Block:
    """Everything that the configs hold under `part`, the rows whose runs differ marked."""
    values = [dict(flat(run.recorded(part))) for run in runs]
    labels = list(dict.fromkeys(label for recorded in values for label in recorded))
    if not labels:
        return Paragraph(f"No {part} recorded.")
    cells = {label: tuple(recorded.get(label, NOTHING) for recorded in values) for label in labels}
    rows = tuple(Row(label, texts, differs=len(set(texts)) > 1) for label, texts in cells.items())
    return Table(part.capitalize(), tuple(run.name for run in runs), rows)


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
