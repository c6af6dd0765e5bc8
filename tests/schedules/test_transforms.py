"""Schedules made of schedules, against the same composition of their parts' arrays by NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from lrcore import (
    Clip,
    Constant,
    Cooldown,
    Cosine,
    Cyclic,
    Delay,
    InverseTime,
    Linear,
    Offset,
    OneCycle,
    Product,
    Repeat,
    Scaled,
    Schedule,
    Sequence,
    Until,
    Warmup,
)

N = 500
LAST_STEP = 2**63 - 1
A: Schedule = Cosine(0.1, 300, 1e-3)
B: Schedule = Cyclic(0.3, 0.7, 7, 5)
C: Schedule = OneCycle(0.5, 200)


def array(schedule: Schedule, size: int = N) -> np.ndarray:
    return schedule.values(0, size)


def test_sequence_is_the_parts_laid_end_to_end() -> None:
    expected = np.concatenate([array(A, 40), array(B, 1), array(C, N - 41)])
    np.testing.assert_array_equal(array(Sequence([A, B, C], [40, 41])), expected)
    np.testing.assert_array_equal(array(Sequence([A, Sequence([B, C], [1])], [40])), expected)
    np.testing.assert_array_equal(array(A.then(B, at=40).then(C, at=41)), expected)
    np.testing.assert_array_equal(array(A.then(B.then(C, at=1), at=40)), expected)


def test_a_later_milestone_inside_cuts_nothing_off() -> None:
    expected = np.concatenate([array(A, 40), array(C, N - 40)])
    np.testing.assert_array_equal(array(A.then(B, at=100).then(C, at=40)), expected)


def test_product_is_numpys() -> None:
    np.testing.assert_array_equal(array(Product([A, B, C])), array(A) * array(B) * array(C))
    np.testing.assert_array_equal(array(A * B * C), array(A) * array(B) * array(C))


def test_a_number_times_a_schedule_scales_it() -> None:
    for product in (A * 0.5, 0.5 * A, np.float64(0.5) * A, A * np.float32(0.5)):
        assert product == Scaled(A, 0.5)
    assert A * 2 == 2 * A == np.int64(2) * A == Scaled(A, 2.0)


@pytest.mark.parametrize("other", ["2", None, [0.5], np.array([0.5, 2.0])])
def test_nothing_else_is_a_factor(other: object) -> None:
    with pytest.raises(TypeError):
        A * other  # type: ignore[operator]
    with pytest.raises(TypeError):
        other * A  # type: ignore[operator]


RISES = {
    "linear": lambda x: x,
    "cosine": lambda x: (1 - np.cos(np.pi * x)) / 2,
    "1-sqrt": lambda x: 1 - np.sqrt(1 - x),
}


@pytest.mark.parametrize("shape", RISES)
@pytest.mark.parametrize("start_lr", [0.0, 0.03, 0.2])
@pytest.mark.parametrize(("first", "x"), [("0", (0, 60)), ("1/W", (1, 60)), ("1/(W+1)", (1, 61))])
def test_warmup_rises_by_its_closed_form_and_then_runs_its_base(
    shape: str, start_lr: float, first: str, x: tuple[int, int]
) -> None:
    rise = RISES[shape]((np.arange(60) + x[0]) / x[1])
    values = array(Warmup(A, 60, shape, first, start_lr))
    np.testing.assert_allclose(values[:60], start_lr + (0.1 - start_lr) * rise, rtol=1e-12, atol=1e-17)
    np.testing.assert_array_equal(values[60:], array(A, N - 60))


@pytest.mark.parametrize("shape", RISES)
@pytest.mark.parametrize("end_lr", [0.0, 0.01])
def test_cooldown_falls_from_the_value_of_its_base(shape: str, end_lr: float) -> None:
    top = array(A)[100]
    values = array(Cooldown(A, 100, 60, end_lr, shape))
    np.testing.assert_array_equal(values[:100], array(A, 100))
    fall = {"1-sqrt": lambda x: 1 - np.sqrt(x)}.get(shape, lambda x: 1 - RISES[shape](x))(np.arange(60) / 60)
    np.testing.assert_allclose(values[100:160], end_lr + (top - end_lr) * fall, rtol=1e-11, atol=1e-17)
    np.testing.assert_array_equal(values[160:], end_lr)


def test_warmup_stable_decay_is_a_warmup_and_a_cooldown() -> None:
    schedule = Cooldown(Warmup(Constant(0.5), 4, first="0"), begin=8, steps=4)
    expected = [0, 0.125, 0.25, 0.375, 0.5, 0.5, 0.5, 0.5, 0.5, 0.375, 0.25, 0.125, 0, 0]
    assert array(schedule, 14).tolist() == expected


def test_clip_is_numpys() -> None:
    np.testing.assert_array_equal(array(Clip(A, 0.02, 0.08)), np.clip(array(A), 0.02, 0.08))
    np.testing.assert_array_equal(array(Clip(A, 0.02)), np.maximum(array(A), 0.02))
    np.testing.assert_array_equal(array(Clip(A)), array(A))


def test_delay_holds_the_first_value() -> None:
    np.testing.assert_array_equal(array(Delay(C, 33)), np.concatenate([np.full(33, C(0)), array(C, N - 33)]))
    np.testing.assert_array_equal(array(Delay(C, 0)), array(C))


def test_offset_drops_the_first_values() -> None:
    np.testing.assert_array_equal(array(Offset(A, 33)), A.values(33, N + 33))
    np.testing.assert_array_equal(array(Offset(A, 0)), array(A))
    assert Offset(A, LAST_STEP)(LAST_STEP) == 1e-3


@pytest.mark.parametrize("peak_decay", [1.0, 0.5, 0.3])
@pytest.mark.parametrize("period", [1, 7, 50, 499, 500, 501])
def test_repeat_is_numpys_tile_with_a_shrinking_peak(period: int, peak_decay: float) -> None:
    expected = (np.float64(peak_decay) ** np.arange(N)[:, None] * array(A, period)).ravel()[:N]
    np.testing.assert_allclose(array(Repeat(A, period, peak_decay=peak_decay)), expected, rtol=1e-14)


@pytest.mark.parametrize("period", [1, 7, 50, 200])
def test_repeat_holds_the_last_value_of_its_last_round(period: int) -> None:
    rounds = np.concatenate([array(A, period), 0.5 * array(A, period)])
    expected = np.pad(rounds, (0, N - 2 * period), mode="edge")
    np.testing.assert_array_equal(array(Repeat(A, period, count=2, peak_decay=0.5)), expected)


@pytest.mark.parametrize(("end", "mode"), [("hold", "edge"), ("repeat", "wrap"), ("mirror", "reflect")])
@pytest.mark.parametrize("total_steps", [1, 2, 3, 7, 50, 499, 500, 600])
def test_until_ends_as_numpy_pads(end: str, mode: str, total_steps: int) -> None:
    for base in (A, B, C):
        expected = np.pad(array(base, total_steps), (0, N), mode=mode)[:N]  # type: ignore[call-overload]
        np.testing.assert_array_equal(array(Until(base, total_steps, end)), expected)


def test_until_raises_past_its_end() -> None:
    schedule = Until(A, 50, "raise")
    np.testing.assert_array_equal(array(schedule, 50), array(A, 50))
    for past in (lambda: schedule(50), lambda: schedule.values(20, 51)):
        with pytest.raises(ValueError, match=r"^step must be less than total_steps=50, but got 50$"):
            past()


def test_parts_meet_without_a_gap_wherever_values_starts() -> None:
    base = Until(Repeat(Warmup(B, 5).then(A, at=11), 29, peak_decay=0.9), 100, "mirror")
    for schedule in (base, Delay(Offset(Cooldown(base, 60, 20, 0.1), 7), 13) * Clip(InverseTime(1.0, 0.1), 0.2, 0.8)):
        calls = [schedule(step) for step in range(260)]
        for start in range(0, 260, 3):
            assert schedule.values(start, 260).tolist() == calls[start:]


def test_any_step_is_as_near_as_the_next() -> None:
    far = 2**53
    schedule = Repeat(Linear(1.0, 0.0, 11), 10).then(Until(B, 12, "repeat"), at=far)
    assert schedule(far - 1) == 1.0 - 0.1 * ((far - 1) % 10)
    assert schedule(LAST_STEP) == B((LAST_STEP - far) % 12)
