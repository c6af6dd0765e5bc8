"""Accuracy and loss by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from lrcore.cifar.figures import draw_history
from lrcore.cifar.report.blocks import Block, Plot, Row, Section, Table, sentences
from lrcore.cifar.report.cells import NOTHING, decimal, percent
from lrcore.cifar.report.recorded_run import RecordedRun, present
from lrcore.cifar.report.svg import inline_svg, label
from lrcore.cifar.run_folder import Epoch

HEAD = ("Epochs", "Accuracy", "Loss", "Validation accuracy", "Validation loss")


def accuracy(runs: Sequence[RecordedRun]) -> Section:
    """The curves in one figure, and the metrics of the last epoch."""
    histories, missing = present(runs, attrgetter("history"))
    blocks: list[Block] = []
    if any(histories.values()):
        figure = draw_history({label(name): history for name, history in histories.items()})
        alt = f"Accuracy and loss by epoch of {', '.join(histories)}, in training and on the validation images."
        caption = "Accuracy and loss by epoch: dotted while training, solid on the validation images."
        rows = tuple(_last(name, history) for name, history in histories.items())
        blocks = [Plot(inline_svg(figure, "history"), alt, caption), Table("The last epoch", HEAD, rows)]
    return Section("Accuracy by epoch", [*blocks, *sentences(missing)])


def _last(name: str, history: Sequence[Epoch]) -> Row:
    if not history:
        return Row(name, ("0", *[NOTHING] * 4))
    training, validation = history[-1].training, history[-1].validation
    metrics = (percent(training.accuracy), decimal(training.loss))
    return Row(name, (str(len(history)), *metrics, percent(validation.accuracy), decimal(validation.loss)))
