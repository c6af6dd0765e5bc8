"""Polynomial decay against its closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import pytest

from lrcore import Polynomial


def closed_form(
    base_lr: float, decay_steps: int, end_lr: float, power: float, cycle: bool, k: float = 1.0
) -> Callable[[int], Any]:
    def exact(step: int) -> Any:
        end = decay_steps * max(1, -(-step // decay_steps)) if cycle else decay_steps
        left = 1 - (mpmath.mpf(min(step, end)) / end) ** mpmath.mpf(k)
        return mpmath.mpf(end_lr) + (mpmath.mpf(base_lr) - mpmath.mpf(end_lr)) * left ** mpmath.mpf(power)

    return exact


@pytest.mark.parametrize("cycle", [False, True])
@pytest.mark.parametrize("power", [0.5, 0.9, 1.0, 2.0, 7.3, 40.0])
@pytest.mark.parametrize(
    ("base_lr", "decay_steps", "end_lr"),
    [(0.1, 431, 0.0), (0.1, 100, 1e-4), (0.0, 431, 0.1), (0.3, 97, 5.0), (1, 1, 0)],
)
def test_polynomial_agrees_with_50_digits(
    within_ulps: Callable[..., None], base_lr: float, decay_steps: int, end_lr: float, power: float, cycle: bool
) -> None:
    arguments = (base_lr, decay_steps, end_lr, power, cycle)
    within_ulps(Polynomial(*arguments), range(0, 500), closed_form(*arguments))


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0, 7.3])
@pytest.mark.parametrize("decay_steps", [10**6, 10**12 + 1, 2**53])
def test_polynomial_keeps_its_digits_in_its_first_and_last_steps(
    within_ulps: Callable[..., None], decay_steps: int, power: float
) -> None:
    for ends in [(0.1, 0.0), (0.0, 0.1), (0.1, 1e-9)]:
        arguments = (ends[0], decay_steps, ends[1], power, False)
        for steps in (range(0, 100), range(decay_steps - 100, decay_steps + 20)):
            within_ulps(Polynomial(*arguments), steps, closed_form(*arguments))


@pytest.mark.parametrize("cycle", [False, True])
@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("k", [0.5, 1.5, 3.0])
@pytest.mark.parametrize(("base_lr", "decay_steps", "end_lr"), [(0.1, 431, 0.0), (0.0, 97, 0.1)])
def test_polynomial_with_k_decay_agrees_with_50_digits(
    within_ulps: Callable[..., None],
    base_lr: float,
    decay_steps: int,
    end_lr: float,
    power: float,
    k: float,
    cycle: bool,
) -> None:
    arguments = (base_lr, decay_steps, end_lr, power, cycle, k)
    within_ulps(Polynomial(*arguments), range(0, 500), closed_form(*arguments))


@pytest.mark.parametrize("decay_steps", [7, 10**6 + 3, 2**52 - 1])
def test_polynomial_knows_its_cycle_up_to_2_to_the_53(within_ulps: Callable[..., None], decay_steps: int) -> None:
    arguments = (0.1, decay_steps, 0.0, 2.0, True)
    joint = 2**53 // decay_steps * decay_steps
    for steps in (range(joint - 100, joint + 100), range(2**53 - 200, 2**53)):
        within_ulps(Polynomial(*arguments), steps, closed_form(*arguments))


def test_polynomial_is_exact_at_its_ends() -> None:
    schedule = Polynomial(0.3, 7, 0.1, 1.7)
    assert schedule(0) == 0.3
    assert schedule.values(7, 12).tolist() == [0.1] * 5
    assert schedule(2**63 - 1) == 0.1
    cycle = Polynomial(0.3, 7, 0.1, 1.7, cycle=True)
    assert [cycle(step) for step in (0, 7, 14, 7 * 10**15)] == [0.3, 0.1, 0.1, 0.1]


def test_polynomial_in_cycles_starts_each_lower_than_the_last() -> None:
    schedule = Polynomial(1.0, 4, 0.0, 1.0, cycle=True)
    assert schedule.values(0, 10).tolist() == pytest.approx(
        [1, 3 / 4, 1 / 2, 1 / 4, 0, 3 / 8, 1 / 4, 1 / 8, 0, 1 / 4], rel=1e-15
    )
