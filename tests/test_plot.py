"""What the figures show."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrcore import (
    Constant,
    Cosine,
    Cyclic,
    CyclicMomentum,
    Exponential,
    RangeTestResult,
    StopReason,
    Trace,
    plot_range_test,
    plot_schedule,
    plot_trace,
)

LRS = np.geomspace(1e-5, 10.0, 100)
FALL = 2.3 - 1 / (1 + (1e-3 / LRS) ** 2) + (LRS / 2) ** 8


def result(losses: np.ndarray, reason: StopReason = StopReason.diverged) -> RangeTestResult:
    return RangeTestResult(LRS[: len(losses)], losses, losses, reason)


def legend(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_schedule_is_its_values_over_the_updates() -> None:
    schedule = Cyclic(1e-3, 1e-2, 10)
    ax = plot_schedule(schedule, 50)
    (line,) = ax.get_lines()
    assert line.get_xdata().tolist() == list(range(50))
    assert line.get_ydata().tolist() == schedule.values(0, 50).tolist()
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("update", "learning rate", "linear")
    assert ax.get_title().replace("\n", " ") == repr(schedule)


def test_a_momentum_is_called_so() -> None:
    assert plot_schedule(CyclicMomentum(0.8, 0.9, 10), 50).get_ylabel() == "momentum"


def test_a_geometric_sweep_has_a_logarithmic_axis() -> None:
    assert plot_schedule(Exponential(1e-5, 10.0, 100), 100).get_yscale() == "log"


@pytest.mark.parametrize("steps", [0, -3])
def test_a_schedule_needs_a_step_to_be_drawn(steps: int) -> None:
    with pytest.raises(ValueError, match=f"^steps must be at least 1, but got {steps}$"):
        plot_schedule(Constant(0.1), steps)


def test_a_range_test_shows_raw_losses_smoothing_bounds_and_static_lr() -> None:
    found = result(FALL).suggestion()
    ax = plot_range_test(result(FALL))
    raw, smoothed, static = ax.get_lines()
    assert raw.get_ydata().tolist() == FALL.tolist()
    assert len(smoothed.get_ydata()) == 100
    assert static.get_xdata().tolist() == [found.lr]
    (band,) = ax.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((found.base_lr, found.max_lr))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()) == ("learning rate", "loss", "log")
    assert ax.get_title() == "Learning-rate range test (diverged)"
    assert legend(ax) == [
        "loss of each update",
        "smoothed",
        f"cycle {found.base_lr:.2g} to {found.max_lr:.2g}",
        "static lr 0.001",
    ]


@pytest.mark.parametrize("explosion", [1e1, 1e6, 1e300])
def test_divergence_does_not_squash_the_curve(explosion: float) -> None:
    losses = FALL.copy()
    losses[-4:] = explosion
    low, high = plot_range_test(result(losses)).get_ylim()
    assert 0.9 < low < 1.3
    assert 2.3 < high < 2.9


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
    assert len(ax.get_lines()) == 3


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
    assert (len(one.get_lines()), len(other.get_lines())) == (1, 3)


def test_a_new_figure_is_one_that_pyplot_shows(tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    ax = plot_range_test(result(FALL))
    assert [plt.figure(number) for number in plt.get_fignums()] == [ax.figure]
    ax.figure.savefig(tmp_path / "figure.png", dpi=150)
    image = matplotlib.image.imread(tmp_path / "figure.png")
    assert image.shape[:2] == (600, 1050)
    assert image.std() > 0.05
