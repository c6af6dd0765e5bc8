"""Suggested learning rates, on curves whose steepest descent and 10 % and 90 % points are known in closed form."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from lrcore import Bounds, Suggestion, bounds, suggest

NAN, INF = float("nan"), float("inf")
LRS = np.geomspace(1e-5, 10.0, 100)
X = np.log(LRS)
STEP = float(X[1] - X[0])
SEEDS = range(20)

# Centre and width of a sigmoid in log lr, and where the loss blows up.
SIGMOIDS = [(-5.0, 0.5, -1.0), (-5.0, 0.15, -2.0), (-7.0, 0.4, -2.0), (-4.0, 0.8, 1.5)]
each_sigmoid = pytest.mark.parametrize(("centre", "width", "blow_up"), SIGMOIDS)
NEVER_FELL = "the loss never fell by more than its noise"
ROSE = "the loss rose from the start"
STILL_FELL = "the loss still fell at the last learning rate"


def curve(centre: float, width: float, blow_up: float, x: np.ndarray = X) -> np.ndarray:
    """A plateau at 2.3, a fall by 1, an explosion."""
    return 2.3 - 1 / (1 + np.exp(-(x - centre) / width)) + np.exp(np.minimum((x - blow_up) / 0.2, 50))


def known(centre: float, width: float) -> np.ndarray:
    """Where a sigmoid has lost 10 %, is steepest, has lost 90 %: 1 / (1 + exp(-u)) = 0.1 at u = -log 9."""
    return np.array([centre - width * math.log(9), centre, centre + width * math.log(9)])


def found(losses: np.ndarray, lrs: np.ndarray = LRS) -> np.ndarray:
    """Logarithms of base_lr, lr and max_lr."""
    suggestion = suggest(lrs, losses)
    assert suggestion.reason is None
    values = np.array([suggestion.base_lr, suggestion.lr, suggestion.max_lr], dtype=float)
    assert lrs[0] <= values[0] < values[1] < values[2] <= lrs[-1]
    return np.log(values)


def noise(scale: float, seed: int, size: int = 100) -> np.ndarray:
    return scale * np.random.default_rng(seed).standard_normal(size)


# Known answers


@each_sigmoid
def test_a_clean_curve_gives_its_closed_form_optimum(centre: float, width: float, blow_up: float) -> None:
    error = np.abs(found(curve(centre, width, blow_up)) - known(centre, width))
    assert (error < 1.5 * STEP).all()
    assert error[1] < 0.25 * STEP


@pytest.mark.parametrize("points", [30, 50, 300, 1000])
def test_the_answer_does_not_depend_on_the_number_of_points(points: int) -> None:
    lrs = np.geomspace(1e-5, 10.0, points)
    error = np.abs(found(curve(-5.0, 0.5, -1.0, np.log(lrs)), lrs) - known(-5.0, 0.5))
    assert (error < 0.25).all()


@each_sigmoid
@pytest.mark.parametrize("seed", SEEDS)
def test_little_noise_moves_the_answer_little(centre: float, width: float, blow_up: float, seed: int) -> None:
    error = np.abs(found(curve(centre, width, blow_up) + noise(0.03, seed)) - known(centre, width))
    assert error[1] < 0.15
    assert (error < 0.4).all()


@each_sigmoid
def test_much_noise_keeps_the_answer_in_its_place(centre: float, width: float, blow_up: float) -> None:
    answers = np.array([found(curve(centre, width, blow_up) + noise(0.1, seed)) for seed in SEEDS])
    errors = np.abs(answers - known(centre, width))
    assert errors[:, 1].max() < 0.6
    assert (np.median(errors, axis=0) < 0.4).all()


def test_a_straight_fall_to_the_end_has_no_upper_bound() -> None:
    found = suggest(LRS, np.linspace(2.3, 1.3, 100))
    assert found.lr is not None
    assert found.base_lr is not None
    assert abs(math.log(found.lr) - (X[0] + X[-1]) / 2) < 0.1 * (X[-1] - X[0])
    assert math.log(found.base_lr) < X[0] + 0.2 * (X[-1] - X[0])
    assert (found.max_lr, found.reason) == (None, STILL_FELL)


def test_a_fall_that_flattens_has_an_upper_bound() -> None:
    np.testing.assert_allclose(found(2.3 - 1 / (1 + np.exp(-(X + 5) / 0.5))), known(-5.0, 0.5), atol=1.5 * STEP)


def test_a_fall_that_ends_in_nan_has_an_upper_bound() -> None:
    losses = np.linspace(2.3, 1.3, 100)
    losses[60:] = NAN
    _, lr, max_lr = found(losses)
    assert abs(lr - (X[0] + X[59]) / 2) < 0.1 * (X[59] - X[0])
    assert X[50] < max_lr < X[59]


def test_a_fall_in_one_step_is_found_where_it_is() -> None:
    # The running mean of 5 points makes a ramp of the step: lost are 0, 1/5 ... 1 at points 57 ... 62. Slopes are
    # taken from 5 points before each point, but from 5 points after it or the last of the ramp; lr is the mean of
    # log lr weighted with their cubes.
    ramp = np.clip((np.arange(100) - 57) / 5, 0, 1)
    weights = {i: ((ramp[min(i + 5, 62)] - ramp[i - 5]) / (min(i + 5, 62) - (i - 5))) ** 3 for i in range(52, 63)}
    lr = sum(weight * X[i] for i, weight in weights.items()) / sum(weights.values())
    middle = (X[59] + X[60]) / 2
    expected = [middle - 2.0 * STEP, lr, middle + 2.0 * STEP]
    np.testing.assert_allclose(found(np.where(np.arange(100) < 60, 2.0, 1.0)), expected, rtol=1e-12)


def test_a_skewed_fall_gives_its_steepest_part() -> None:
    # f = (1 + exp(-u))^-a has its steepest slope at u = log a; it has lost half at u = -log(2^(1/a) - 1).
    a, width = 6.0, 0.5
    fall = (1 + np.exp(-(X + 5) / width)) ** -a
    assert abs(found(2.3 - fall)[1] - (-5 + width * math.log(a))) < STEP
    rising = 1 - (1 + np.exp((X + 5) / width)) ** -a  # the same turned round: steepest at u = -log a
    assert abs(found(2.3 - rising)[1] - (-5 - width * math.log(a))) < STEP


def test_a_sweep_that_is_linear_in_lr_gives_the_same_answer() -> None:
    lrs = np.linspace(1e-3, 1.0, 500)
    error = np.abs(found(curve(-2.5, 0.3, -0.5, np.log(lrs)), lrs) - known(-2.5, 0.3))
    assert (error < 0.25).all()


@pytest.mark.parametrize("points", [201, 3000])
def test_many_noisy_points_are_as_good_as_few(points: int) -> None:
    lrs = np.geomspace(1e-5, 10.0, points)
    losses = curve(-5.0, 0.5, -1.0, np.log(lrs)) + noise(0.1, 0, points)
    error = np.abs(found(losses, lrs) - known(-5.0, 0.5))
    assert (error < 0.25).all()


# What must not matter


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e6, 0.0), (1.0, -2.3), (1.0, -100.0), (3.7, 12.0)])
def test_scale_and_shift_of_the_loss_do_not_matter(scale: float, shift: float) -> None:
    losses = curve(-5.0, 0.5, -1.0) + noise(0.05, 3)
    np.testing.assert_allclose(found(scale * losses + shift), found(losses), rtol=1e-8)


def test_how_high_the_loss_explodes_does_not_matter() -> None:
    losses = curve(-5.0, 0.5, -1.0)
    huge = np.where(losses > 3.0, 1e30, losses)
    np.testing.assert_allclose(found(huge), found(losses), atol=STEP)


def test_losses_at_the_limits_of_float64_are_no_error() -> None:
    step = np.where(X < -5, 1.0, -1.0)
    for scale in (1.5e308, 5e-324):
        np.testing.assert_allclose(found(scale * step), found(step), rtol=1e-12)


def test_points_that_are_not_finite_are_left_out() -> None:
    losses = curve(-5.0, 0.5, -1.0)
    expected = found(losses)
    losses[-8:] = [INF, -INF, NAN, NAN, INF, NAN, NAN, NAN]
    losses[[10, 30]] = NAN
    np.testing.assert_allclose(found(losses), expected, atol=STEP)


def test_single_spikes_do_not_matter() -> None:
    losses = curve(-5.0, 0.5, -1.0)
    expected = found(losses)
    losses[[7, 25, 40, 62]] = [9.0, -5.0, 9.0, -5.0]
    np.testing.assert_allclose(found(losses), expected, atol=STEP)


def test_a_drop_in_the_very_first_updates_is_not_the_descent() -> None:
    losses = curve(-5.0, 0.5, -1.0)
    losses[:6] += [0.5, 0.4, 0.3, 0.2, 0.1, 0.05]
    np.testing.assert_allclose(found(losses), known(-5.0, 0.5), atol=2 * STEP)


def test_a_rise_before_the_fall_is_not_the_start_level() -> None:
    losses = curve(-5.0, 0.3, -1.0) + 0.3 * np.exp(-(((X + 7) / 0.4) ** 2))
    np.testing.assert_allclose(found(losses), known(-5.0, 0.3), atol=2 * STEP)


def test_a_long_noisy_bottom_does_not_move_the_descent() -> None:
    errors = np.array([found(curve(-9.0, 0.2, 1.0) + noise(0.02, seed)) - known(-9.0, 0.2) for seed in SEEDS])
    assert np.abs(errors).max() < 0.6


def test_lists_are_curves_too() -> None:
    losses = curve(-5.0, 0.5, -1.0)
    assert suggest(LRS.tolist(), losses.tolist()) == suggest(LRS, losses)


# Poor curves


@pytest.mark.parametrize(
    "losses",
    [
        np.full(100, 2.3),
        np.full(100, 0.1),
        np.zeros(100),
    ],
    ids=["flat", "rounded", "zero"],
)
def test_a_loss_that_never_fell_gives_a_reason(losses: np.ndarray) -> None:
    assert suggest(LRS, losses) == Suggestion(None, None, None, NEVER_FELL)
    assert bounds(LRS, losses) == Bounds(None, None, NEVER_FELL)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loss_that_only_rose_is_bounded_by_the_start_of_the_rise(seed: int) -> None:
    rise = 5 * np.maximum(X + 1, 0.0)  # in a straight line from log lr = -1 on
    found = suggest(LRS, 2.3 + rise + noise(0.1, seed))
    assert (found.lr, found.base_lr, found.reason, found.interval) == (None, None, NEVER_FELL, None)
    assert found.max_lr is not None
    assert abs(math.log(found.max_lr) + 1) < 4 * STEP
    assert bounds(LRS, 2.3 + rise + noise(0.1, seed)) == Bounds(None, found.max_lr, NEVER_FELL)


def test_a_flat_loss_that_becomes_nan_is_bounded_by_its_last_number() -> None:
    found = suggest(LRS, np.where(np.arange(100) < 70, 2.3, NAN))
    assert found == Suggestion(None, None, float(LRS[69]), NEVER_FELL)


@pytest.mark.parametrize(
    "losses",
    [np.linspace(2.3, 9.0, 100), np.exp(np.linspace(0.0, 50.0, 100)), 2.3 + noise(0.1, 0) + np.linspace(0, 5, 100)],
    ids=["straight", "exploding", "noisy"],
)
def test_a_loss_that_rose_from_the_start_gives_a_reason(losses: np.ndarray) -> None:
    assert suggest(LRS, losses) == Suggestion(None, None, None, ROSE)


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_alone_is_no_descent(seed: int) -> None:
    assert suggest(LRS, 2.3 + noise(0.1, seed)).reason == NEVER_FELL
    assert suggest(LRS, -2.3 + noise(0.1, seed) + np.exp(X)).reason == NEVER_FELL


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        ([], "0 of 0 losses are finite, but at least 15 are needed"),
        ([2.0], "1 of 1 losses are finite, but at least 15 are needed"),
        (np.linspace(2.0, 1.0, 14), "14 of 14 losses are finite, but at least 15 are needed"),
        ([NAN] * 100, "0 of 100 losses are finite, but at least 15 are needed"),
        ([2.0, 1.9, INF] + [NAN] * 97, "2 of 100 losses are finite, but at least 15 are needed"),
    ],
)
def test_too_few_finite_losses_give_a_reason(losses: list[float], reason: str) -> None:
    assert suggest(LRS[: len(losses)], losses) == Suggestion(None, None, None, reason)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_curve_gives_numbers_or_a_reason(seed: int) -> None:
    rng = np.random.default_rng(seed)
    losses = rng.standard_normal(100).cumsum() * 10.0 ** rng.integers(-300, 300)
    losses[rng.random(100) < 0.2] = rng.choice([NAN, INF, -INF])
    suggestion = suggest(LRS, losses)
    learning_rates = suggestion.base_lr, suggestion.lr, suggestion.max_lr
    given = tuple(lr is not None for lr in (*learning_rates, suggestion.interval))
    whole, no_bound, bound_only = (True,) * 4, (True, True, False, True), (False, False, True, False)
    expected = {None: [whole], STILL_FELL: [no_bound], NEVER_FELL: [(False,) * 4, bound_only]}
    assert given in expected.get(suggestion.reason, [(False,) * 4])
    numbers = [*(lr for lr in learning_rates if lr is not None), *(suggestion.interval or ())]
    assert all(type(number) is float and LRS[0] <= number <= LRS[-1] for number in numbers)
    assert bounds(LRS, losses) == (suggestion.base_lr, suggestion.max_lr, suggestion.reason)


# The interval


def test_a_noiseless_curve_has_a_narrow_interval() -> None:
    found = suggest(LRS, curve(-5.0, 0.5, -1.0))
    assert found.lr is not None
    assert found.interval is not None
    low, high = np.log(found.interval)
    assert low <= math.log(found.lr) <= high
    assert high - low < STEP


def test_more_noise_gives_a_wider_interval() -> None:
    widths = []
    for scale in (0.0, 0.02, 0.05, 0.1):
        intervals = [suggest(LRS, curve(-5.0, 0.5, -1.0) + noise(scale, seed)).interval for seed in SEEDS]
        widths.append(np.mean([np.log(high / low) for low, high in intervals if low]))  # type: ignore[misc]
    assert (np.diff(widths) > 0).all()


def test_the_same_curve_has_the_same_interval_every_time() -> None:
    losses = curve(-5.0, 0.5, -1.0) + noise(0.1, 0)
    state = np.random.get_state()[1].tolist()
    assert suggest(LRS, losses) == suggest(LRS, losses)
    assert np.random.get_state()[1].tolist() == state


def test_the_interval_covers_80_percent_of_the_repeats() -> None:
    runs = [curve(-5.0, 0.5, -1.0) + noise(0.1, seed) for seed in range(11)]
    readings = np.sort([suggest(LRS, run).lr for run in runs])
    mean = np.mean(runs, axis=0)
    found = suggest(LRS, mean, repeats=runs)
    assert found.lr == suggest(LRS, mean).lr
    assert found.interval == pytest.approx((readings[1], readings[9]))  # the 0.1 and 0.9 quantiles of 11 values


def test_repeats_may_differ_in_length_or_suggest_nothing() -> None:
    runs = [curve(-5.0, 0.5, -1.0) + noise(0.05, seed) for seed in range(3)]
    readings = sorted(suggest(lrs, run).lr for lrs, run in ((LRS[:90], runs[0][:90]), (LRS, runs[1]), (LRS, runs[2])))
    whole = [runs[0][:90], runs[1], np.append(runs[2], 50.0), np.ones(100), []]
    low, high = suggest(LRS, runs[1], repeats=whole).interval  # type: ignore[misc]
    np.testing.assert_allclose(np.log([low, high]), np.quantile(np.log(readings), [0.1, 0.9]), rtol=1e-12)


def test_one_repeat_that_suggests_something_makes_no_interval() -> None:
    losses = curve(-5.0, 0.5, -1.0)
    assert suggest(LRS, losses, repeats=[losses, np.ones(100)]).interval is None
    assert suggest(LRS, losses, repeats=[]) == suggest(LRS, losses)


# Arguments


def test_unordered_or_non_positive_lrs_are_refused() -> None:
    for lrs in (LRS[::-1], -LRS, np.where(X < 0, LRS, NAN), np.full(100, 0.1)):
        with pytest.raises(ValueError, match=r"^lrs must be finite, greater than 0 and increasing$"):
            suggest(lrs, np.ones(100))


def test_shapes_that_do_not_fit_are_refused() -> None:
    sentence = r"^lrs must be one-dimensional and as long as its losses, but got shapes \(100,\), losses \(99,\)$"
    with pytest.raises(ValueError, match=sentence):
        suggest(LRS, np.ones(99))
    with pytest.raises(ValueError, match=r"^lrs must be one-dimensional"):
        suggest(LRS.reshape(10, 10), np.ones((10, 10)))


def test_a_suggestion_is_a_value() -> None:
    suggestion = suggest(LRS, curve(-5.0, 0.5, -1.0))
    assert eval(repr(suggestion)) == suggestion
    with pytest.raises(dataclasses.FrozenInstanceError):
        suggestion.lr = 0.1  # type: ignore[misc]
