"""What happened on the way: reductions, rollbacks, resumes, warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from lrcore.cifar.report.blocks import Block, Paragraph, Row, Section, Table, sentences
from lrcore.cifar.report.cells import plain
from lrcore.cifar.report.recorded_run import RecordedRun, present

ROUTINE = ("update", "epoch")
NAMED = ("event", "step", "epoch", "message")
SHOWN = 100


def events(runs: Sequence[RecordedRun]) -> Section:
    """Each entry of the logs that is neither an update nor the end of an epoch."""
    logs, missing = present(runs, attrgetter("log"))
    rows = [_row(name, entry) for name, log in logs.items() for entry in log if entry.get("event") not in ROUTINE]
    blocks: list[Block] = []
    if rows:
        blocks.append(
            Table(
                "All that is neither an update nor the end of an epoch.",
                ("Event", "Update", "Epoch", "Message"),
                tuple(rows[:SHOWN]),
            )
        )
    if len(rows) > SHOWN:
        blocks.append(Paragraph(f"{len(rows) - SHOWN:,} more are in log.jsonl."))
    if logs and not rows:
        blocks.append(Paragraph(f"Nothing out of the ordinary happened in {', '.join(logs)}."))
    return Section("Events", [*blocks, *sentences(missing)])


def _row(name: str, entry: Mapping[str, Any]) -> Row:
    event, step, epoch, message = (plain(entry.get(field)) for field in NAMED)
    others = [f"{field} {plain(value)}" for field, value in entry.items() if field not in NAMED]
    told = message if entry.get("message") is not None or not others else ", ".join(others)
    return Row(name, (event, step, epoch, told))
