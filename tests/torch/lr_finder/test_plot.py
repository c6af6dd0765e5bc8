"""The figure of the finder, with the arguments of torch-lr-finder's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn

from lrcore.torch import LRFinder


def finder(num_iter: int = 100, **options: Any) -> LRFinder:
    """A finder with the curve of a regression that learns and diverges."""
    torch.manual_seed(0)
    model = nn.Linear(8, 1)
    inputs = torch.randn(64, 8)
    batches = [(inputs, inputs.sum(dim=1, keepdim=True) + 0.1 * torch.randn(64, 1)) for _ in range(5)]
    found = LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.1), nn.functional.mse_loss)
    options = {"start_lr": 1e-5, "end_lr": 10, "num_iter": num_iter, "progress": False, **options}
    found.range_test(batches, **options)
    return found


def axes() -> Axes:
    return Figure().add_subplot()


def points(ax: Axes) -> tuple[list[float], list[float]]:
    """The learning rates and smoothed losses that are drawn as a line."""
    (line,) = [line for line in ax.lines if line.get_label() == "smoothed loss"]
    return list(line.get_xdata()), list(line.get_ydata())


@pytest.mark.parametrize(("skip_start", "skip_end"), [(10, 5), (0, 0), (3, 0), (0, 7), (60, 1)])
def test_the_smoothed_loss_is_drawn_without_the_points_to_skip(skip_start: int, skip_end: int) -> None:
    found = finder()
    ax = found.plot(skip_start=skip_start, skip_end=skip_end, ax=axes(), suggest_lr=False)
    stop = len(found.history["lr"]) - skip_end
    assert points(ax) == (found.history["lr"][skip_start:stop], found.history["loss"][skip_start:stop])
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()) == ("learning rate", "loss", "log")


@pytest.mark.parametrize("num_iter", [2, 5, 10, 14, 15, 16, 24, 25])
def test_skipping_leaves_at_least_ten_points(num_iter: int) -> None:
    found = finder(num_iter, end_lr=1e-2)
    lrs, _ = points(found.plot(ax=axes(), suggest_lr=False))
    assert len(lrs) == max(num_iter - 15, min(num_iter, 10))
    assert lrs[-1] == found.history["lr"][-1] or num_iter > 20


def test_the_suggestion_uses_the_whole_curve() -> None:
    found = finder()
    assert found.result is not None
    suggested = found.result.suggestion().lr
    assert suggested is not None
    for skip_start in (0, 10, 80):
        ax, lr = found.plot(skip_start=skip_start, ax=axes())
        assert lr == suggested
        (marker,) = [line for line in ax.lines if "suggested" in str(line.get_label())]
        assert list(marker.get_xdata()) == [suggested]
    low, high = found.history["lr"][0], found.history["lr"][-1]
    assert low < suggested < high


def test_without_a_suggestion_the_figure_says_why() -> None:
    found = finder(num_iter=5)
    ax, lr = found.plot(ax=axes())
    assert lr is None
    assert ax.get_title().startswith("no suggestion: ")


def test_the_axis_of_the_lr_may_be_linear() -> None:
    ax, _ = finder(step_mode="linear", end_lr=0.1).plot(log_lr=False, ax=axes())
    assert ax.get_xscale() == "linear"


@pytest.mark.parametrize("show_lr", [0.01, 1, np.float32(0.5)])
def test_an_lr_can_be_shown(show_lr: float) -> None:
    ax = finder().plot(show_lr=show_lr, suggest_lr=False, ax=axes())
    assert float(show_lr) in [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2]


def test_without_axes_a_new_figure_is_made() -> None:
    before = pyplot.get_fignums()
    ax, _ = finder().plot()
    assert [number for number in pyplot.get_fignums() if number not in before] == [ax.figure.number]


def test_a_curve_that_ended_with_a_nonfinite_loss_is_drawn() -> None:
    found = finder(diverge_th=1e30, end_lr=1e30)
    assert not np.isfinite(found.history["loss"][-1])
    ax, _ = found.plot(ax=axes())
    assert np.isfinite(ax.get_ylim()).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"skip_start": -1}, ValueError, "skip_start must not be negative, but got -1"),
        ({"skip_end": -1}, ValueError, "skip_end must not be negative, but got -1"),
        ({"skip_end": 0.5}, TypeError, "skip_end must be an integer, but got 0.5"),
        ({"show_lr": 0.0}, ValueError, "show_lr must be greater than 0, but got 0.0"),
        ({"show_lr": "0.1"}, TypeError, "show_lr must be a number, but got '0.1'"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        finder(num_iter=2).plot(**arguments)


def test_there_is_nothing_to_plot_before_a_range_test() -> None:
    model = nn.Linear(1, 1)
    with pytest.raises(RuntimeError, match="there is nothing to plot before range_test has been run"):
        LRFinder(model, torch.optim.SGD(model.parameters())).plot()


BACKEND = """
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

class FigureManager(FigureManagerBase):
    @classmethod
    def pyplot_show(cls, *, block=None):
        print("shown")

class FigureCanvas(FigureCanvasAgg):
    required_interactive_framework = {framework!r}
    manager_class = FigureManager
"""

SCRIPT = """
import torch
from lrcore.torch import LRFinder
from matplotlib.figure import Figure
model = torch.nn.Linear(1, 1)
finder = LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.1), torch.nn.functional.mse_loss)
finder.range_test([(torch.ones(2, 1), torch.ones(2, 1))], num_iter=3, progress=False)
finder.plot(ax=Figure().add_subplot())
print("own axes")
finder.plot()
"""


@pytest.mark.parametrize(("framework", "shown"), [("headless", "own axes\nshown\n"), (None, "own axes\n")])
def test_an_interactive_backend_opens_a_window(framework: str | None, shown: str, tmp_path: Path) -> None:
    (tmp_path / "with_windows.py").write_text(BACKEND.format(framework=framework))
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path, "MPLBACKEND": "module://with_windows"}
    environment.pop("DISPLAY", None)
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == (shown, 0), done.stderr
