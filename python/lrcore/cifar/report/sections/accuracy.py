"""Accuracy and loss by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from lrcore.cifar.figures import draw_history
from lrcore.cifar.report.blocks import Block, Plot, Section, sentences
from lrcore.cifar.report.cells import decimal, percent, whole
from lrcore.cifar.report.recorded_run import RecordedRun, present
from lrcore.cifar.report.side_by_side import side_by_side
from lrcore.cifar.report.svg import WIDTH, inline_svg, label
from lrcore.cifar.run_folder import Epoch


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
