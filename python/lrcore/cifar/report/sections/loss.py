"""The loss of every update."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from matplotlib.figure import Figure

from lrcore.cifar.report.blocks import Block, Plot, Section, sentences
from lrcore.cifar.report.curves import plot_losses
from lrcore.cifar.report.differences import loss_sentences
from lrcore.cifar.report.recorded_run import RecordedRun, present
from lrcore.cifar.report.svg import WIDTH, inline_svg, label


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
