"""What came out, in one table."""

from __future__ import annotations

from collections.abc import Sequence

from lrcore.cifar.report.blocks import Paragraph, Section, sentences
from lrcore.cifar.report.cells import decimal, duration, percent, plain, whole
from lrcore.cifar.report.pace import updates_done, updates_per_second
from lrcore.cifar.report.recorded_run import RecordedRun
from lrcore.cifar.report.side_by_side import schedule_text, side_by_side

CAPTION = "Accuracy and loss are those of the test images, after the last update."


def headline(runs: Sequence[RecordedRun]) -> Section:
    """Accuracy, loss, updates and time of each run; a warning for images that are not CIFAR-10."""
    table = side_by_side(CAPTION, {run.name: _texts(run) for run in runs})
    unfinished = [f"{run.name} has no result: no training has come to its end." for run in runs if not run.is_complete]
    return Section("Results", [*_synthetic(runs), table, *sentences(unfinished)])


def _texts(run: RecordedRun) -> dict[str, str]:
    settings = run.recorded("settings")
    return {
        "Framework": plain(settings.get("framework")),
        "Model": plain(settings.get("model")),
        "Schedule": schedule_text(settings.get("schedule")),
        "Test accuracy": percent(run.outcome("test_accuracy")),
        "Test loss": decimal(run.outcome("test_loss")),
        "Updates": whole(updates_done(run)),
        "Time": duration(run.outcome("seconds")),
        "Updates per second": decimal(updates_per_second(run)),
    }


def _synthetic(runs: Sequence[RecordedRun]) -> list[Paragraph]:
    names = [run.name for run in runs if run.recorded("data").get("synthetic") is True]
    if not names:
        return []
    text = f"Synthetic images, not CIFAR-10: the accuracies of {', '.join(names)} say nothing about CIFAR-10."
    return [Paragraph(text, warning=True)]
