"""Each reading beside the installed finder that it is from, on curves of every kind."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes

from lrcore.suggestions import (
    minimum,
    slide,
    steep,
    steepest_ignite,
    steepest_lightning,
    steepest_torch_lr_finder,
    trimmed_as_fastai,
    valley,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # they warn of what they import
    from ignite.handlers import FastaiLRFinder
    from pytorch_lightning.tuner.lr_finder import _LRFinder
    from torch_lr_finder import LRFinder

NAN, INF = math.nan, math.inf
Curve = tuple[np.ndarray, np.ndarray]


def noisy(seed: int) -> Curve:
    """A fall and an explosion under noise, of 2 to 150 points; in every third one losses that are not finite."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 150))
    x = np.linspace(0.0, 1.0, n)
    losses = 2.3 - np.tanh(8 * (x - rng.uniform(0.2, 0.8))) + np.exp(30 * (x - 0.9)) + rng.normal(0, 0.1, n)
    if seed % 3 == 0:
        losses[rng.random(n) < 0.1] = rng.choice([NAN, INF, -INF])
    return np.geomspace(10.0 ** rng.uniform(-8, -3), 10.0 ** rng.uniform(-2, 2), n), losses


def rounded(curve: Curve) -> Curve:
    """The curve to 12 digits: the last ones of exp and log differ between processors, and answers are exact."""
    lrs, losses = (np.array([float(f"{value:.12g}") for value in values]) for values in curve)
    return lrs, losses


def of_shape(losses: np.ndarray) -> Curve:
    return np.geomspace(1e-5, 10.0, len(losses)), losses


CURVES = {
    **{f"noisy {seed}": noisy(seed) for seed in range(60)},
    **{f"{n} points": of_shape(np.random.default_rng(n).normal(size=n)) for n in range(20)},
    **{f"{n} falling points": of_shape(np.linspace(2.0, 1.0, n)) for n in (1, 2, 3, 16, 100)},
    **{f"{n} rising points": of_shape(np.linspace(1.0, 2.0, n)) for n in (1, 2, 3, 16, 100)},
    "level": of_shape(np.ones(100)),
    "steps": of_shape(np.repeat(np.random.default_rng(0).integers(0, 9, 25), 4).astype(float)),
    "NaN alone": of_shape(np.full(40, NAN)),
    "NaN at both ends": of_shape(np.array([NAN, *np.linspace(2, 1, 30), NAN])),
    "explodes": of_shape(np.array([*np.linspace(2, 1, 60), *np.geomspace(1, 1e300, 20), INF])),
}
CURVES = {name: rounded(curve) for name, curve in CURVES.items()}
each_curve = pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)


def or_none(reading: object, *arguments: object) -> float | None:
    """The answer of a finder, None where it raises."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy does not like functions of it on torch tensors
            answer = reading(*arguments)  # type: ignore[operator]
    except (IndexError, RuntimeError, ValueError):
        return None
    return answer[0] if isinstance(answer, tuple) else answer


@pytest.fixture
def float64() -> Iterator[None]:
    """Lightning and Ignite round to torch's default type, which makes ties of near values."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


# fastai


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("reading", [valley, slide, minimum, steep])
def test_fastai_reads_the_same(reading: object, name: str, peers: Any) -> None:
    theirs = peers("fastai", f"{reading.__name__} of {name}", *CURVES[name])  # type: ignore[attr-defined]
    assert reading(*CURVES[name]) == theirs  # type: ignore[operator]


@each_curve
@pytest.mark.parametrize("num_iter", [None, 60])
def test_fastai_shows_its_readings_this_stretch(curve: Curve, num_iter: int | None) -> None:
    lrs, losses = (values[(len(curve[0]) if num_iter is None else num_iter) // 10 : -5] for values in curve)
    before_nan = [] if len(losses) == 0 else slice(0, next((i for i, y in enumerate(losses) if math.isnan(y)), None))
    for ours, theirs in zip(trimmed_as_fastai(*curve, num_iter), (lrs, losses), strict=True):
        np.testing.assert_array_equal(ours, theirs[before_nan])


def test_a_two_point_valley_at_the_start_gives_the_last_point() -> None:
    assert valley([1e-3, 1e-2, 1e-1], [2.0, 1.0, 3.0]) == 1e-1


def test_the_valley_of_a_long_curve_takes_no_quadratic_time() -> None:
    # A fall over the whole curve: m = n, e = n - 1, s = -1, so the point is -1 + int(n / 3) + int(n / 6).
    n = 200_000
    lrs = np.geomspace(1e-5, 10.0, n)
    assert valley(lrs, np.linspace(2.0, 1.0, n)) == lrs[-1 + n // 3 + n // 6]


# The others


@pytest.fixture(scope="module")
def axes() -> Iterator[Axes]:
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


@each_curve
@pytest.mark.parametrize("skips", [(10, 5), (3, 0)])
def test_torch_lr_finder_reads_the_same(axes: Axes, curve: Curve, skips: tuple[int, int]) -> None:
    model = torch.nn.Linear(1, 1)
    finder = LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.1), torch.nn.MSELoss())
    finder.history = {"lr": curve[0].tolist(), "loss": curve[1].tolist()}
    axes.clear()
    theirs = or_none(lambda: finder.plot(*skips, ax=axes)[1])
    assert steepest_torch_lr_finder(*curve, *skips) == theirs


@each_curve
@pytest.mark.parametrize("skips", [(10, 1), (0, 4), (3, 0)])
@pytest.mark.usefixtures("float64")
def test_lightning_reads_the_same(curve: Curve, skips: tuple[int, int]) -> None:
    finder = _LRFinder("exponential", 1e-8, 1.0, 100)
    finder.results = {"lr": curve[0].tolist(), "loss": curve[1].tolist()}
    assert steepest_lightning(*curve, *skips) == finder.suggestion(*skips)


@each_curve
@pytest.mark.usefixtures("float64")
def test_ignite_reads_the_same(curve: Curve) -> None:
    finder = FastaiLRFinder()
    finder._history = {"lr": curve[0].tolist(), "loss": curve[1].tolist()}
    assert steepest_ignite(*curve) == or_none(finder.lr_suggestion)


# Arguments


READINGS = [valley, slide, minimum, steep, trimmed_as_fastai]
STEEPEST = [steepest_torch_lr_finder, steepest_lightning, steepest_ignite]


@pytest.mark.parametrize("reading", [*READINGS, *STEEPEST])
def test_curves_that_are_none_of_a_range_test_are_refused(reading: object) -> None:
    with pytest.raises(ValueError, match=r"^lrs must be finite, greater than 0 and increasing$"):
        reading([0.1, 0.1], [2.0, 1.0])  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"^lrs must be one-dimensional and as long as its losses, but got shapes"):
        reading([0.1, 0.2], [2.0])  # type: ignore[operator]


@pytest.mark.parametrize("name", ["skip_start", "skip_end"])
def test_negative_skips_are_refused_by_torch_lr_finders_reading(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be at least 0, but got -1$"):
        steepest_torch_lr_finder([0.1, 0.2], [2.0, 1.0], **{name: -1})


@pytest.mark.parametrize("name", ["skip_begin", "skip_end"])
def test_negative_skips_are_refused_by_lightnings_reading(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must be at least 0, but got -1$"):
        steepest_lightning([0.1, 0.2], [2.0, 1.0], **{name: -1})
