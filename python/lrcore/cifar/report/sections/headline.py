"""What came out, in one table."""

from __future__ import annotations

from collections.abc import Sequence

from lrcore.cifar.report.blocks import Paragraph, Section, sentences
from lrcore.cifar.report.cells import decimal, duration, percent, plain, whole
from lrcore.cifar.report.pace import updates_done, updates_per_second
from lrcore.cifar.report.recorded_run import Missing, RecordedRun
from lrcore.cifar.report.side_by_side import schedule_text, side_by_side

CAPTION = "Accuracy and loss are those of the test images, after the last update."
LINES = {
    "Framework": lambda run: plain(run.recorded("settings").get("framework")),
    "Model": lambda run: plain(run.recorded("settings").get("model")),
    "Schedule": lambda run: schedule_text(run.recorded("settings").get("schedule")),
    "Test accuracy": lambda run: percent(run.outcome("test_accuracy")),
    "Test loss": lambda run: decimal(run.outcome("test_loss")),
    "Updates": lambda run: whole(updates_done(run)),
    "Time": lambda run: duration(run.outcome("seconds")),
    "Updates per second": lambda run: decimal(updates_per_second(run)),
}


def headline(runs: Sequence[RecordedRun]) -> Section:
    """Accuracy, loss, updates and time of each run; a warning for images that are not CIFAR-10."""
    unfinished = [sentence for run in runs if (sentence := _unfinished(run)) is not None]
    return Section("Results", [*_synthetic(runs), side_by_side(CAPTION, runs, LINES), *sentences(unfinished)])


def _synthetic(runs: Sequence[RecordedRun]) -> list[Paragraph]:
    names = [run.name for run in runs if run.recorded("data").get("synthetic") is True]
    if not names:
        return []
    text = f"Synthetic images, not CIFAR-10: the accuracies of {', '.join(names)} say nothing about CIFAR-10."
    return [Paragraph(text, warning=True)]


def _unfinished(run: RecordedRun) -> str | None:
    if isinstance(run.result, Missing):
        return run.result.sentence
    return f"{run.name} was not completed." if run.outcome("completed") is False else None
