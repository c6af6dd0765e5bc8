"""Figures of range tests."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from lrcore import Cosine, Cyclic, RangeTestResult, StopReason, Trace, plot_range_test, plot_schedule, plot_trace
from lrcore.range_test._plot import label_suggestions
from lrcore.smoothing import smooth_centred

LRS = np.geomspace(1e-5, 10.0, 100)
FALL = 2.3 - 1 / (1 + (1e-3 / LRS) ** 2) + (LRS / 2) ** 8


def result(losses: np.ndarray, reason: StopReason = StopReason.diverged) -> RangeTestResult:
    return RangeTestResult(LRS[: len(losses)], losses, losses, reason)


def legend(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def line(ax: Axes, label: str) -> Line2D:
    (found,) = [line for line in ax.get_lines() if line.get_label() == label]
    return found


def labels(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_a_range_test_plot_shows_losses_bounds_and_static_lr() -> None:
    found = result(FALL).suggestion()
    ax = plot_range_test(result(FALL))
    assert line(ax, "loss").get_xdata().tolist() == LRS.tolist()
    assert line(ax, "loss").get_ydata().tolist() == FALL.tolist()
    assert line(ax, "smoothed").get_ydata().tolist() == smooth_centred(FALL).tolist()
    assert line(ax, f"static lr {found.lr:.2g}").get_xdata().tolist() == [found.lr]
    assert line(ax, "80 % interval").get_xdata().tolist() == list(found.interval)
    (band,) = ax.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((found.base_lr, found.max_lr))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()) == ("learning rate", "loss", "log")
    assert ax.get_title() == "Learning-rate range test (diverged)"
    assert legend(ax) == [
        "loss",
        "smoothed",
        f"cycle {found.base_lr:.2g} to {found.max_lr:.2g}",
        f"static lr {found.lr:.2g}",
        "80 % interval",
    ]


def test_every_reading_is_labelled_and_marked_on_the_curve() -> None:
    found = result(FALL).suggestions()
    ax = plot_range_test(result(FALL))
    for name, lr in found.items():
        if name != "lrcore":
            (label,) = [text for text in labels(ax) if name.removeprefix("steepest_").replace("_", "-") in text]
            assert f" {lr:.2g} " in label
    marks = [mark for mark in ax.get_lines() if mark.get_markerfacecolor() == "white"]
    smoothed = smooth_centred(FALL)
    assert {mark.get_xdata()[0] for mark in marks} <= {found[name] for name in found if name != "lrcore"}
    for mark in marks:
        assert mark.get_ydata()[0] == pytest.approx(np.interp(np.log(mark.get_xdata()[0]), np.log(LRS), smoothed))


def test_readings_of_one_lr_share_a_label() -> None:
    ax = Figure(layout="constrained").subplots()
    ax.set(xscale="log", xlim=(1e-5, 10.0))
    label_suggestions(ax, {"steep": 0.01, "valley": 0.001, "steepest_ignite": 0.01, "slide": None}, LRS, FALL)
    assert labels(ax) == [" valley 0.001 ", " steep, ignite 0.01 "]


@pytest.mark.parametrize("size", [(7, 4), (5, 3), (10, 6)])
@pytest.mark.parametrize("seed", range(5))
def test_labels_overlap_neither_each_other_nor_the_curve(size: tuple[int, int], seed: int) -> None:
    figure = Figure(figsize=size, layout="constrained")
    losses = FALL + np.random.default_rng(seed).normal(0, 0.05, 100)
    ax = plot_range_test(result(losses), figure.subplots())
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in ax.texts]
    assert len(boxes) >= 3
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
    curve = ax.transData.transform(np.column_stack([LRS, smooth_centred(losses)]))
    before_the_end = curve[LRS < 1.0]
    assert not any(box.contains(x, y) for box in boxes for x, y in before_the_end)
    legend_box = ax.get_legend().get_window_extent()
    assert size[0] < 7 or (figure.bbox.x0 <= legend_box.x0 and legend_box.x1 <= figure.bbox.x1)


def test_legends_of_two_panels_stay_apart() -> None:
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    left, right = (plot_range_test(result(FALL), ax) for ax in figure.subplots(1, 2))
    figure.draw_without_rendering()
    assert not left.get_legend().get_window_extent().overlaps(right.get_legend().get_window_extent())
    assert left.get_window_extent().width > 0.4 * figure.bbox.width


def test_a_reading_outside_the_picture_is_named() -> None:
    ax = Figure(layout="constrained").subplots()
    ax.set(ylim=(1.0, 3.0), xscale="log", xlim=(1e-5, 10.0))
    label_suggestions(ax, {"slide": 8.0}, LRS, FALL)
    assert labels(ax) == [" slide 8 "]
    assert not ax.get_lines()


def test_the_figure_says_that_a_falling_loss_has_no_upper_bound() -> None:
    ax = plot_range_test(result(FALL[:40], StopReason.data_exhausted))
    found = result(FALL[:40]).suggestion()
    assert found.max_lr is None
    assert ax.get_title() == f"Learning-rate range test (data exhausted)\nno upper bound: {found.reason}"
    assert not ax.patches
    assert line(ax, f"static lr {found.lr:.2g}").get_xdata().tolist() == [found.lr]


def repeated() -> RangeTestResult:
    noise = np.random.default_rng(0).normal(0, 0.05, (3, 100))
    return RangeTestResult.of_repeats([result(FALL + noise[0]), result(FALL + noise[1]), result(FALL + noise[2])])


def test_several_runs_have_a_band_of_their_standard_deviation() -> None:
    mean = repeated()
    ax = plot_range_test(mean)
    assert "standard deviation of 3 runs" in legend(ax)
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices
    smoothed, spread = smooth_centred(mean.losses), smooth_centred(mean.spread)
    for lr, low, high in zip(LRS, smoothed - spread, smoothed + spread, strict=True):
        at_lr = corners[corners[:, 0] == lr, 1]
        assert (at_lr.min(), at_lr.max()) == pytest.approx((low, high))


def test_validation_losses_are_called_so_and_groups_are_named() -> None:
    columns = {"training_losses": FALL, "group_lrs": np.column_stack([LRS, 2 * LRS])}
    ax = plot_range_test(RangeTestResult(LRS, FALL, FALL, StopReason.finished, **columns))
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("validation loss", "learning rate of the first group")
    assert legend(ax)[0] == "validation loss"


def test_a_metric_has_its_own_axis() -> None:
    metrics = np.append(np.linspace(0.1, 0.9, 99), np.nan)
    ax = plot_range_test(RangeTestResult(LRS, FALL, FALL, StopReason.finished, metrics=metrics))
    (other,) = [other for other in ax.figure.axes if other is not ax]
    raw, smoothed = other.get_lines()
    assert raw.get_ydata().tolist() == metrics[:-1].tolist()
    assert smoothed.get_ydata().tolist() == smooth_centred(metrics[:-1]).tolist()
    assert other.get_ylabel() == "metric"
    assert legend(ax)[-1] == "metric"
    figure = ax.figure
    figure.draw_without_rendering()
    highest = other.transData.transform((1.0, np.nanmax(metrics)))[1]
    assert all(Text.get_window_extent(text).y0 > highest for text in ax.texts)


def test_a_figure_is_saved_in_the_format_of_its_name(tmp_path: Path) -> None:
    result(FALL).plot(save=tmp_path / "figure.png")
    result(FALL).plot(Figure().subfigures(1, 2)[0].subplots(), save=str(tmp_path / "figure.svg"))
    assert matplotlib.image.imread(tmp_path / "figure.png").std() > 0.05
    assert "<svg" in (tmp_path / "figure.svg").read_text()


def test_showing_needs_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert result(FALL).plot(show=True).get_ylabel() == "loss"


def test_tick_labels_of_a_narrow_sweep_do_not_overlap() -> None:
    lrs = np.geomspace(1e-3, 1.1e-3, 20)
    ax = plot_range_test(RangeTestResult(lrs, FALL[:20], FALL[:20], StopReason.finished))
    left, right = ax.get_xlim()
    assert left < lrs[0] < lrs[-1] < right
    ax.figure.draw_without_rendering()
    texts = [*ax.get_xticklabels(), *ax.get_xticklabels(minor=True)]
    boxes = [text.get_window_extent() for text in texts if text.get_text() and left <= text.get_position()[0] <= right]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


@pytest.mark.parametrize("explosion", [1e1, 1e6, 1e300])
def test_divergence_does_not_squash_the_curve(explosion: float) -> None:
    losses = FALL.copy()
    losses[-4:] = explosion
    low, high = plot_range_test(result(losses)).get_ylim()
    assert 0.9 < low < 1.3
    assert 2.3 < high < 3.6  # with the labels above the curve


def test_losses_that_are_not_finite_are_left_out() -> None:
    losses = FALL.copy()
    losses[-2:] = [np.inf, np.nan]
    ax = plot_range_test(result(losses, StopReason.nonfinite))
    assert ax.get_lines()[0].get_ydata().tolist() == FALL[:-2].tolist()


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        (np.full(100, 2.3), "the loss never fell by more than its noise"),
        (np.array([2.3]), "1 of 1 losses are finite, but at least 15 are needed"),
        (np.array([np.nan]), "0 of 1 losses are finite, but at least 15 are needed"),
        (np.array([]), "0 of 0 losses are finite, but at least 15 are needed"),
    ],
)
def test_a_poor_curve_is_drawn_with_the_reason(losses: np.ndarray, reason: str, tmp_path: Path) -> None:
    ax = plot_range_test(result(losses, StopReason.data_exhausted))
    assert ax.get_title() == f"Learning-rate range test (data exhausted)\nno suggestion: {reason}"
    assert not ax.patches
    ax.figure.savefig(tmp_path / "figure.png")


def test_a_result_plots_itself() -> None:
    ax = Figure().subplots()
    assert result(FALL).plot(ax) is ax
    assert ax.get_ylabel() == "loss"


def test_traces_are_lines_by_name() -> None:
    lrs = Cyclic(1e-3, 1e-2, 10).values(0, 50)
    trace = Trace(np.arange(50), lrs, lrs, lrs)
    ax = plot_trace({"torch": trace, "keras": trace})
    assert [line.get_ydata().tolist() for line in ax.get_lines()] == [lrs.tolist()] * 2
    assert legend(ax) == ["torch", "keras"]
    assert ax.get_lines()[0].get_linewidth() > ax.get_lines()[1].get_linewidth()


def test_given_axes_are_drawn_on_and_returned() -> None:
    one, other = Figure().subplots(1, 2)
    assert plot_schedule(Cosine(0.1, 10), 20, one) is one
    assert plot_range_test(result(FALL), other) is other
    assert (one.get_ylabel(), other.get_ylabel()) == ("learning rate", "loss")


def test_a_new_figure_is_one_that_pyplot_shows(tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    ax = plot_range_test(result(FALL))
    assert [plt.figure(number) for number in plt.get_fignums()] == [ax.figure]
    ax.figure.savefig(tmp_path / "figure.png", dpi=150)
    image = matplotlib.image.imread(tmp_path / "figure.png")
    assert image.shape[:2] == (600, 1050)
    assert image.std() > 0.05
