"""How many updates a run did, and how fast."""

from __future__ import annotations

from lrcore.cifar.report.cells import number
from lrcore.cifar.report.recorded_run import Missing, RecordedRun


def updates_done(run: RecordedRun) -> int | None:
    """As the result has it, or the rows of the trace."""
    recorded = run.outcome("updates")
    if isinstance(recorded, int):
        return recorded
    return None if isinstance(run.trace, Missing) else len(run.trace)


def updates_per_second(run: RecordedRun) -> float | None:
    """Updates over the wall time of the training, validation included."""
    updates, seconds = updates_done(run), number(run.outcome("seconds"))
    return updates / seconds if updates is not None and seconds is not None and seconds > 0 else None
