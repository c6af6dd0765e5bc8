"""Sections of the report, from the headline to the versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from statistics import fmean
from typing import Any

from matplotlib.figure import Figure

from lrcore.cifar.data import CLASSES
from lrcore.cifar.report.blocks import (
    NOTHING,
    WIDTH,
    Block,
    Confusion,
    Confusions,
    Paragraph,
    Photo,
    Plot,
    Row,
    Section,
    Table,
    decimal,
    duration,
    inline_svg,
    label,
    percent,
    plain,
    plot_losses,
    plot_range_tests,
    sentences,
    whole,
)
from lrcore.cifar.report.runs import (
    Missing,
    RecordedRun,
    loss_sentences,
    lr_sentences,
    present,
    recorded_side_by_side,
    schedule_text,
    side_by_side,
    updates_done,
    updates_per_second,
)
from lrcore.cifar.training.figures import draw_history
from lrcore.cifar.training.run_folder import Epoch
from lrcore.plot import plot_range_test, plot_trace
from lrcore.range_test import RangeTestResult


def accuracy(runs: Sequence[RecordedRun]) -> Section:
    """The curves in one figure, and the metrics of the last epoch."""
    histories, missing = present(runs, attrgetter("history"))
    blocks: list[Block] = []
    if any(histories.values()):
        figure = draw_history({label(name): history for name, history in histories.items()})
        figure.set_size_inches(WIDTH, 3.2)
        alt = f"Accuracy and loss by epoch of {', '.join(histories)}, in training and on the validation images."
        caption = "Accuracy and loss by epoch: dotted while training, solid on the validation images."
        last = {name: _last(history) for name, history in histories.items()}
        blocks = [Plot(inline_svg(figure, "history"), alt, caption), side_by_side("The last epoch", last)]
    return Section("Accuracy by epoch", [*blocks, *sentences(missing)])


def _last(history: Sequence[Epoch]) -> dict[str, str]:
    if not history:
        return {"Epochs": "0"}
    training, validation = history[-1].training, history[-1].validation
    return {
        "Epochs": whole(len(history)),
        "Accuracy": percent(training.accuracy),
        "Loss": decimal(training.loss),
        "Validation accuracy": percent(validation.accuracy),
        "Validation loss": decimal(validation.loss),
    }


def classes(runs: Sequence[RecordedRun]) -> Section:
    """Confusion matrices side by side and the accuracy of each class."""
    matrices, without_matrix = present(runs, _confusion)
    accuracies, without_accuracies = present(runs, _accuracies)
    blocks: list[Block] = []
    if matrices:
        blocks.append(Confusions(tuple(matrices.values())))
    if accuracies:
        blocks.append(side_by_side("Test accuracy by class", accuracies))
    return Section("Classes", [*blocks, *sentences(list(dict.fromkeys(without_matrix + without_accuracies)))])


def _confusion(run: RecordedRun) -> Confusion | Missing:
    if isinstance(run.result, Missing):
        return run.result
    names, counts = _names(run), run.outcome("confusion_matrix")
    rows = counts if _is_list_of(counts, len(names)) else []
    if not rows or not all(_is_list_of(row, len(names)) and all(map(_is_count, row)) for row in rows):
        return Missing(f"The result of {run.name} has no confusion matrix.")
    return Confusion(run.name, names, tuple(tuple(row) for row in rows))


def _accuracies(run: RecordedRun) -> dict[str, str] | Missing:
    if isinstance(run.result, Missing):
        return run.result
    names, accuracies = _names(run), run.outcome("per_class_accuracy")
    if not _is_list_of(accuracies, len(names)):
        return Missing(f"The result of {run.name} has no accuracies by class.")
    return dict(zip(names, map(percent, accuracies), strict=True))


def _names(run: RecordedRun) -> tuple[str, ...]:
    names = run.outcome("classes")
    return tuple(map(str, names)) if isinstance(names, list) else CLASSES


def _is_list_of(value: Any, length: int) -> bool:
    return isinstance(value, list) and len(value) == length


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


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


CAPTION = "Accuracy and loss are those of the test images, after the last update."


def headline(runs: Sequence[RecordedRun]) -> Section:
    """Accuracy, loss, updates and time of each run; a warning for images that are not CIFAR-10."""
    table = side_by_side(CAPTION, {run.name: _headline_texts(run) for run in runs})
    unfinished = [f"{run.name} has no result: no training has come to its end." for run in runs if not run.is_complete]
    return Section("Results", [*_synthetic(runs), table, *sentences(unfinished)])


def _headline_texts(run: RecordedRun) -> dict[str, str]:
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


def learning_rate(runs: Sequence[RecordedRun]) -> Section:
    """The curves in one figure, and whether they are bit-identical."""
    traces, missing = present(runs, attrgetter("trace"))
    blocks: list[Block] = []
    if traces:
        figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
        plot_trace({label(name): trace for name, trace in traces.items()}, figure.subplots())
        alt = f"Learning rate over updates of {', '.join(traces)}."
        caption = "Learning rate of every update, as the core gave it."
        blocks = [*sentences(lr_sentences(traces)), Plot(inline_svg(figure, "learning-rate"), alt, caption)]
    return Section("Learning rate", [*blocks, *sentences(missing)])


def loss(runs: Sequence[RecordedRun]) -> Section:
    """The curves in one figure, and how far they are apart."""
    traces, missing = present(runs, attrgetter("trace"))
    blocks: list[Block] = []
    if traces:
        figure = Figure(figsize=(WIDTH, 3.9), layout="constrained")
        plot_losses({label(name): trace for name, trace in traces.items()}, figure.subplots())
        alt = f"Training loss over updates of {', '.join(traces)}."
        caption = "Training loss of every update, faint, and its moving average over about a fiftieth of the run."
        blocks = [*sentences(loss_sentences(traces)), Plot(inline_svg(figure, "loss"), alt, caption)]
    return Section("Loss", [*blocks, *sentences(missing)])


def misclassified(runs: Sequence[RecordedRun]) -> Section:
    """The figure of misclassified images that each run left."""
    pictures, missing = present(runs, attrgetter("misclassified"))
    photos = [
        Photo(png, f"Misclassified test images of {name}.", f"Misclassified test images of {name}.")
        for name, png in pictures.items()
    ]
    return Section("Misclassified images", [*photos, *sentences(missing)])


def range_test(runs: Sequence[RecordedRun]) -> Section:
    """Learning rates at which the loss fell fastest, began to fall and stopped falling."""
    results, missing = present(runs, attrgetter("range_test"))
    blocks: list[Block] = []
    if results:
        readings = {name: _readings(result) for name, result in results.items()}
        blocks.append(side_by_side("What the range test suggests", readings))
        blocks += sentences([f"{name}: {reason}." for name, reason in _reasons(results)])
        blocks += _figures(results)
    return Section("Range test", [*blocks, *sentences(missing)])


def _readings(result: RangeTestResult) -> dict[str, str]:
    found = result.suggestion()
    return {
        "Updates": whole(len(result.lrs)),
        "Stopped": result.stop_reason.name.replace("_", " "),
        "Static learning rate": decimal(found.lr),
        "80 % interval": NOTHING if found.interval is None else " to ".join(map(decimal, found.interval)),
        "Lower bound": decimal(found.base_lr),
        "Upper bound": decimal(found.max_lr),
    }


def _reasons(results: Mapping[str, RangeTestResult]) -> list[tuple[str, str]]:
    reasons = [(name, result.suggestion().reason) for name, result in results.items()]
    return [(name, reason) for name, reason in reasons if reason is not None]


def _figures(results: Mapping[str, RangeTestResult]) -> list[Plot]:
    """One figure for each result, equal ones together; before them all in one, if they are several."""
    different: dict[str, RangeTestResult] = {}
    for name, result in results.items():
        equal = next((names for names, other in different.items() if other == result), None)
        different[name if equal is None else f"{equal}, {name}"] = result if equal is None else different.pop(equal)
    several = [_overlaid(different)] if len(different) > 1 else []
    return [*several, *(_single(index, name, result) for index, (name, result) in enumerate(different.items()))]


def _overlaid(results: Mapping[str, RangeTestResult]) -> Plot:
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    plot_range_tests({label(name): result for name, result in results.items()}, figure.subplots())
    names = ", ".join(results)
    alt = f"Loss over learning rate in the range tests of {names}, with the static learning rate and bounds of each."
    caption = f"Range tests of {names}. Dots: the static learning rates. Vertical lines: the bounds of the cycles."
    return Plot(inline_svg(figure, "range-tests"), alt, caption)


def _single(index: int, name: str, result: RangeTestResult) -> Plot:
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    plot_range_test(result, figure.subplots())
    alt = f"Loss over learning rate in the range test of {name}, with the readings of several finders."
    return Plot(inline_svg(figure, f"range-test-{index}"), alt, f"Range test of {name}.")


def settings(runs: Sequence[RecordedRun]) -> Section:
    """The settings side by side."""
    return Section(
        "Settings", [recorded_side_by_side("What config.json records; ≠ marks where runs differ.", runs, "settings")]
    )


def versions(runs: Sequence[RecordedRun]) -> Section:
    """The versions and the machine side by side."""
    return Section(
        "Versions and machine",
        [recorded_side_by_side(part.capitalize(), runs, part) for part in ("versions", "machine")],
    )


def data_and_weights(runs: Sequence[RecordedRun]) -> Section:
    """The data side by side, and the hash of the weights that each run ended with."""
    hashes = {run.name: {"sha256": plain(run.outcome("weights_sha256"))} for run in runs}
    weights = side_by_side("Weights at the end", hashes, mark=True)
    return Section("Data and weights", [recorded_side_by_side("Data", runs, "data"), weights])


def times(runs: Sequence[RecordedRun]) -> Section:
    """Wall times, validation included, and the pace."""
    return Section(
        "Times", [side_by_side("Wall time, validation included", {run.name: _time_texts(run) for run in runs})]
    )


def _time_texts(run: RecordedRun) -> dict[str, str]:
    seconds = [] if isinstance(run.history, Missing) else [epoch.seconds for epoch in run.history]
    return {
        "Training": duration(run.outcome("seconds")),
        "Epochs": whole(len(seconds)),
        "Time per epoch": duration(fmean(seconds)) if seconds else NOTHING,
        "Fastest epoch": duration(min(seconds, default=None)),
        "Slowest epoch": duration(max(seconds, default=None)),
        "Updates": whole(updates_done(run)),
        "Updates per second": decimal(updates_per_second(run)),
        "Completed": plain(run.outcome("completed")),
    }


SECTIONS = (
    headline,
    range_test,
    learning_rate,
    loss,
    accuracy,
    classes,
    misclassified,
    events,
    settings,
    data_and_weights,
    versions,
    times,
)


def sections(runs: Sequence[RecordedRun]) -> list[Section]:
    """Every section of a report of `runs`."""
    return [section(runs) for section in SECTIONS]
