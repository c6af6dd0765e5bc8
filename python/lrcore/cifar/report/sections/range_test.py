"""Range tests: the curve of each with its bounds, and all in one figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from matplotlib.figure import Figure

from lrcore.cifar.report.blocks import Block, Plot, Row, Section, Table, sentences
from lrcore.cifar.report.cells import NOTHING, decimal
from lrcore.cifar.report.curves import plot_range_tests
from lrcore.cifar.report.recorded_run import RecordedRun, present
from lrcore.cifar.report.svg import inline_svg, label
from lrcore.plot import plot_range_test
from lrcore.range_test_result import RangeTestResult

HEAD = ("Updates", "Stopped", "Static lr", "80 % interval", "Lower bound", "Upper bound")


def range_test(runs: Sequence[RecordedRun]) -> Section:
    """Where the loss fell fastest and between which learning rates it fell."""
    results, missing = present(runs, attrgetter("range_test"))
    blocks: list[Block] = []
    if results:
        blocks.append(Table("What each range test suggests", HEAD, tuple(_row(*item) for item in results.items())))
        blocks += sentences([f"{name}: {reason}." for name, reason in _reasons(results)])
        blocks += _figures(results)
    return Section("Range test", [*blocks, *sentences(missing)])


def _row(name: str, result: RangeTestResult) -> Row:
    found = result.suggestion()
    interval = NOTHING if found.interval is None else " to ".join(map(decimal, found.interval))
    bounds = (decimal(found.lr), interval, decimal(found.base_lr), decimal(found.max_lr))
    return Row(name, (str(len(result.lrs)), result.stop_reason.name.replace("_", " "), *bounds))


def _reasons(results: Mapping[str, RangeTestResult]) -> list[tuple[str, str]]:
    reasons = [(name, result.suggestion().reason) for name, result in results.items()]
    return [(name, reason) for name, reason in reasons if reason is not None]


def _figures(results: Mapping[str, RangeTestResult]) -> list[Plot]:
    several = [_overlaid(results)] if len(results) > 1 else []
    return [*several, *(_single(index, name, result) for index, (name, result) in enumerate(results.items()))]


def _overlaid(results: Mapping[str, RangeTestResult]) -> Plot:
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    plot_range_tests({label(name): result for name, result in results.items()}, figure.subplots())
    names = ", ".join(results)
    alt = f"Loss over learning rate in the range tests of {names}, with the static learning rate and bounds of each."
    caption = f"Range tests of {names}. Dots: the static learning rates. Vertical lines: the bounds of the cycles."
    return Plot(inline_svg(figure, "range-tests"), alt, caption)


def _single(index: int, name: str, result: RangeTestResult) -> Plot:
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    plot_range_test(result, figure.subplots())
    alt = f"Loss over learning rate in the range test of {name}, with the readings of several finders."
    return Plot(inline_svg(figure, f"range-test-{index}"), alt, f"Range test of {name}.")
