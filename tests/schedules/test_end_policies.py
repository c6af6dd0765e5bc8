"""End policies of a cosine, and shifts of its base by a warmup."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lrcore import Cosine, CosineRestarts, InverseSqrt, Until, Warmup, parse_schedule

N = 500


@pytest.mark.parametrize("decay_steps", [1, 2, 30, 199, N, 2**53])
@pytest.mark.parametrize("end", ["hold", "repeat", "mirror"])
def test_a_cosine_ends_as_until_does_bit_for_bit(end: str, decay_steps: int) -> None:
    cosine = Cosine(0.1, decay_steps, 1e-3, 1.5, 0.7, end)
    until = Until(Cosine(0.1, decay_steps, 1e-3, 1.5, 0.7), decay_steps + 1, end)
    for start in (0, 2**40, max(0, decay_steps - 200), 2**63 - 1 - N):
        assert cosine.values(start, start + N).tobytes() == until.values(start, start + N).tobytes()


@pytest.mark.parametrize(("end", "mode"), [("hold", "edge"), ("repeat", "wrap"), ("mirror", "reflect")])
def test_a_cosine_ends_as_numpy_pads(end: str, mode: Any) -> None:
    once = Cosine(0.1, 30, 1e-3).values(0, 31)
    np.testing.assert_array_equal(Cosine(0.1, 30, 1e-3, end=end).values(0, N), np.pad(once, (0, N - 31), mode))


def test_a_cosine_that_raises_past_its_end() -> None:
    schedule = Cosine(0.1, 30, 1e-3, end="raise")
    assert schedule(30) == 1e-3
    with pytest.raises(ValueError, match=r"^step must not be greater than decay_steps=30, but got 31$"):
        schedule(31)
    with pytest.raises(ValueError, match=r"^step must not be greater than decay_steps=30, but got 31$"):
        schedule.values(0, 32)
    with pytest.raises(ValueError, match=r"^end must be 'hold', 'repeat', 'mirror' or 'raise', but got 'stay'$"):
        Cosine(0.1, 30, end="stay")


@pytest.mark.parametrize("cycles", [1, 2, 5])
def test_restarts_end_with_their_last_cycle(cycles: int) -> None:
    for_ever = CosineRestarts(0.1, 7, 2, 0.5, 1e-3).values(0, N)
    end = 7 * (2**cycles - 1)
    expected = np.concatenate([for_ever[:end], np.full(N - end, 1e-3)])
    np.testing.assert_array_equal(CosineRestarts(0.1, 7, 2, 0.5, 1e-3, cycles).values(0, N), expected)


def test_a_warmup_in_place_of_the_first_steps_of_its_base() -> None:
    base = Cosine(0.1, 400, 1e-3)
    values = Warmup(base, 60, "linear", "0", prefix=False).values(0, N)
    np.testing.assert_allclose(values[:60], 0.1 * np.arange(60) / 60, rtol=1e-14)
    np.testing.assert_array_equal(values[60:], base.values(60, N))
    assert parse_schedule("warmup(cosine(0.1, 400, 1e-3), 60, first='0', prefix=False)").values(0, N).tolist() == (
        values.tolist()
    )


def test_the_timescale_of_an_inverse_root_is_its_warmup() -> None:
    assert InverseSqrt(0.1, warmup_steps=50) == InverseSqrt(0.1, 50, 50)
    assert InverseSqrt(0.1) == InverseSqrt(0.1, 10_000)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: CosineRestarts(0.1, 7, cycles=0), "cycles must be at least 1, but got 0"),
        (lambda: CosineRestarts(0.1, 7, decays="floor"), "decays must be 'height' or 'peak', but got 'floor'"),
    ],
)
def test_bad_policies_are_refused(make: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        make()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: CosineRestarts(0.1, 7, cycles=1.0), "cycles must be an integer, but got 1.0"),
        (lambda: Cosine(0.1, 7, end=None), "end must be a string, but got None"),
        (lambda: Warmup(Cosine(0.1, 7), 3, prefix=1), "prefix must be True or False, but got 1"),
    ],
)
def test_policies_of_the_wrong_type_are_refused(make: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=f"^{sentence}$"):
        make()
