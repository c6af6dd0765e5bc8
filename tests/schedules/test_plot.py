"""Figures of schedules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from lrcore import (
    Constant,
    Cosine,
    Cyclic,
    CyclicMomentum,
    Exponential,
    ExponentialDecay,
    Linear,
    MultiStep,
    OneCycle,
    PiecewiseConstant,
    Schedule,
    Step,
    Until,
    Warmup,
    plot_schedule,
)


@pytest.mark.parametrize("schedule", [Constant(1.7e308), Linear(0.0, 1.7e308, 10), Step(1e308, 1, 0.1)], ids=repr)
def test_values_above_1e200_cannot_be_drawn(schedule: Schedule) -> None:
    with pytest.raises(ValueError, match=r"^learning rate must be at most 1e\+200 to be drawn, but got 1.*e\+308 at "):
        schedule.plot(Figure().subplots())


@pytest.mark.parametrize("schedule", [Constant(1e200), Linear(0.0, 1e200, 9), Exponential(1e-100, 1e200, 9)], ids=repr)
def test_the_largest_that_an_axis_can_show_is_drawn(schedule: Schedule, tmp_path: Path) -> None:
    figure = Figure(layout="constrained")
    schedule.plot(figure.subplots())
    figure.savefig(tmp_path / "figure.png")


def test_a_schedule_is_its_values_over_the_updates() -> None:
    schedule = Cyclic(1e-3, 1e-2, 10)
    ax = plot_schedule(schedule, 50)
    (line,) = ax.get_lines()
    assert line.get_xdata().tolist() == list(range(50))
    assert line.get_ydata().tolist() == schedule.values(0, 50).tolist()
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("update", "learning rate", "linear")
    assert ax.get_title() == "Cyclic(base_lr=0.001, max_lr=0.01, step_size_up=10, step_size_down=10)"


def test_a_momentum_is_called_so() -> None:
    assert plot_schedule(CyclicMomentum(0.8, 0.9, 10), 50).get_ylabel() == "momentum"


def test_a_geometric_sweep_has_a_logarithmic_axis() -> None:
    assert plot_schedule(Exponential(1e-5, 10.0, 100), 100).get_yscale() == "log"


@pytest.mark.parametrize(
    ("schedule", "scale"),
    [
        (ExponentialDecay(0.1, 0.1, 10) * 0.5, "log"),
        (Step(0.1, 10), "log"),
        (MultiStep(0.1, [10, 20, 30], gamma=0.0), "linear"),
        (Exponential(0.1, 0.05, 100), "linear"),
        (Cosine(0.1, 100, 1e-4), "linear"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_geometric_schedules_over_a_decade_have_a_log_axis(schedule: Schedule, scale: str) -> None:
    assert schedule.plot(Figure().subplots()).get_yscale() == scale


def test_a_schedule_draws_itself_as_far_as_it_lasts() -> None:
    def drawn(schedule: Schedule, **arguments: int) -> tuple[int, int]:
        updates = schedule.plot(Figure().subplots(), **arguments).get_lines()[0].get_xdata()
        return int(updates[0]), int(updates[-1])

    assert drawn(OneCycle(0.1, 300)) == (0, 299)
    assert drawn(Cosine(0.1, 300)) == (0, 300)
    assert drawn(Cyclic(0.1, 0.2, 20, 30)) == (0, 149)
    assert drawn(Until(Cosine(0.1, 300), 50, "raise")) == (0, 49)
    assert drawn(Cosine(0.1, 300), steps=20) == (0, 19)
    assert drawn(Cosine(0.1, 300), steps=20, start=290) == (290, 309)
    assert drawn(Cosine(0.1, 300), start=100) == (100, 300)
    assert drawn(Cosine(0.1, 300), start=400) == (400, 700)


def test_phases_begin_with_a_dot_while_these_can_be_told_apart() -> None:
    (line,) = Warmup(Cosine(0.1, 100), 30).plot().get_lines()
    assert (line.get_marker(), line.get_markevery()) == ("o", [30])
    (line,) = Cyclic(0.1, 0.2, 20, 30).plot(steps=100, start=10).get_lines()
    assert (line.get_marker(), line.get_markevery()) == ("o", [10, 40, 60, 90])
    (line,) = Cyclic(0.1, 0.2, 20, 30).plot(steps=1000).get_lines()
    assert line.get_marker() == "None"


def test_levels_are_drawn_as_steps_and_slopes_as_lines() -> None:
    def drawn(schedule: Schedule) -> str:
        return schedule.plot(Figure().subplots()).get_lines()[0].get_drawstyle()

    assert drawn(PiecewiseConstant([30], [0.1, 0.01])) == drawn(Step(0.1, 30)) == "steps-post"
    assert drawn(Cosine(0.1, 30)) == drawn(Constant(0.1)) == "default"


def test_an_axis_in_epochs_ends_with_the_last_one() -> None:
    ax = plot_schedule(OneCycle(0.1, 300), ax=Figure().subplots(), steps_per_epoch=100)
    assert ax.get_xlabel() == "epoch"
    assert ax.get_lines()[0].get_xdata().tolist() == [step / 100 for step in range(300)]


@pytest.mark.parametrize("width", [3, 5, 7, 12])
def test_a_title_stays_in_the_figure(width: float) -> None:
    figure = Figure(figsize=(width, 4), layout="constrained")
    schedule = OneCycle(0.1, 300, anneal_strategy="linear", div_factor=7.5).then(Constant(0.001), at=400)
    ax = schedule.plot(figure.subplots())
    figure.draw_without_rendering()
    box = ax.title.get_window_extent()
    assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
    assert box.y1 <= figure.bbox.y1
    assert ax.get_title().count("\n") <= 3


def test_a_very_long_schedule_is_drawn_by_some_of_its_updates() -> None:
    schedule = Cyclic(0.1, 0.2, 10**12)
    (line,) = schedule.plot(Figure().subplots()).get_lines()
    updates = line.get_xdata().astype(int)
    assert len(updates) < 11_000
    assert {0, 10**12, 2 * 10**12, 6 * 10**12 - 1} <= {*updates.tolist()}
    assert line.get_ydata().tolist() == [schedule(int(update)) for update in updates]


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"start": -1}, ValueError, "start must not be negative, but got -1"),
        ({"start": 0.5}, TypeError, "start must be an integer, but got 0.5"),
        ({"steps": 2.0}, TypeError, "steps must be an integer, but got 2.0"),
        ({"steps_per_epoch": 0}, ValueError, "steps_per_epoch must be at least 1, but got 0"),
    ],
)
def test_drawn_step_counts_must_be_integers(arguments: dict[str, int], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        plot_schedule(Constant(0.1), **arguments)


@pytest.mark.parametrize("steps", [0, -3])
def test_a_schedule_needs_a_step_to_be_drawn(steps: int) -> None:
    with pytest.raises(ValueError, match=f"^steps must be at least 1, but got {steps}$"):
        plot_schedule(Constant(0.1), steps)
