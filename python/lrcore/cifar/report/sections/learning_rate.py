"""The learning rate of every update."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from matplotlib.figure import Figure

from lrcore.cifar.report.blocks import Block, Plot, Section, sentences
from lrcore.cifar.report.differences import lr_sentences
from lrcore.cifar.report.recorded_run import RecordedRun, present
from lrcore.cifar.report.svg import WIDTH, inline_svg, label
from lrcore.plot import plot_trace


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
