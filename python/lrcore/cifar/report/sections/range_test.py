"""Range tests: the curve of each with its bounds, and all in one figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from matplotlib.figure import Figure

from lrcore.cifar.report.blocks import Block, Plot, Section, sentences
from lrcore.cifar.report.cells import NOTHING, decimal, whole
from lrcore.cifar.report.curves import plot_range_tests
from lrcore.cifar.report.recorded_run import RecordedRun, present
from lrcore.cifar.report.side_by_side import side_by_side
from lrcore.cifar.report.svg import WIDTH, inline_svg, label
from lrcore.plot import plot_range_test
from lrcore.range_test_result import RangeTestResult


def range_test(runs: Sequence[RecordedRun]) -> Section:
    """Where the loss fell fastest and between which learning rates it fell."""
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
