"""Learning rates joined by lines and by half cosine waves, against their closed forms; and tables of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore import PiecewiseCosine, PiecewiseLinear, Tabulated

CURVES = [PiecewiseLinear, PiecewiseCosine]
Curve = type[PiecewiseLinear] | type[PiecewiseCosine]
every_curve = pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)


def closed_form(curve: Curve, milestones: list[int], lrs: list[float]) -> Callable[[int], Any]:
    def exact(step: int) -> Any:
        at = min(max(step, milestones[0]), milestones[-1])
        i = min(sum(milestone <= at for milestone in milestones), len(milestones) - 1)
        q = mpmath.mpf(at - milestones[i - 1]) / (milestones[i] - milestones[i - 1])
        weight = q if curve is PiecewiseLinear else mpmath.sin(mpmath.pi * q / 2) ** 2
        return mpmath.mpf(lrs[i - 1]) + (mpmath.mpf(lrs[i]) - mpmath.mpf(lrs[i - 1])) * weight

    return exact


@every_curve
@pytest.mark.parametrize(
    ("milestones", "lrs"),
    [
        ([0, 400], [0.1, 0.0]),
        ([5, 6, 100, 431], [0.01, 0.3, 1e-6, 0.2]),
        ([0, 7, 300, 301, 480], [0.0, 0.1, 0.1, 0.0, 1e-8]),
    ],
)
def test_a_curve_agrees_with_50_digits(
    within_ulps: Callable[..., None], curve: Curve, milestones: list[int], lrs: list[float]
) -> None:
    within_ulps(curve(milestones, lrs), range(0, 500), closed_form(curve, milestones, lrs))


@every_curve
@pytest.mark.parametrize("length", [10**6, 10**12 + 1, 2**53 - 17])
def test_a_curve_keeps_its_digits_at_both_ends_of_a_long_piece(
    within_ulps: Callable[..., None], curve: Curve, length: int
) -> None:
    for lrs in ([0.1, 0.0], [0.0, 0.1], [0.1, 1e-9]):
        milestones = [17, 17 + length]
        for steps in (range(0, 200), range(length - 200, length + 30)):
            within_ulps(curve(milestones, lrs), steps, closed_form(curve, milestones, lrs))


@every_curve
def test_a_curve_is_exact_at_milestones_and_flat_outside(curve: Curve) -> None:
    schedule = curve([3, 10, 23], [0.3, 0.1, 0.7])
    assert schedule.values(0, 4).tolist() == [0.3] * 4
    assert schedule(10) == 0.1
    assert schedule.values(23, 27).tolist() == [0.7] * 4
    assert schedule(2**63 - 1) == 0.7


@every_curve
def test_a_curve_between_equal_lrs_is_flat_bit_for_bit(curve: Curve) -> None:
    assert curve([0, 97], [0.1, 0.1]).values(0, 100).tolist() == [0.1] * 100


@every_curve
def test_a_curve_takes_numpy_arrays(curve: Curve) -> None:
    assert curve(np.array([3, 10]), np.array([1, 2])) == curve((3, 10), (1.0, 2.0))


def test_tabulated_is_its_table_and_holds_the_last() -> None:
    lrs = np.random.default_rng(0).uniform(0, 1, 400)
    schedule = Tabulated(lrs)
    assert schedule.values(0, 400).tolist() == lrs.tolist()
    assert schedule.values(399, 410).tolist() == [lrs[-1]] * 11
    assert schedule(2**63 - 1) == lrs[-1]


def test_tabulated_of_integers_and_numpy_scalars_is_of_floats() -> None:
    assert Tabulated([1, np.float32(0.5), np.int64(2)]) == Tabulated((1.0, 0.5, 2.0))
    assert Tabulated([1]).values(0, 3).tolist() == [1.0] * 3
