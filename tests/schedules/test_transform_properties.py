"""Properties of schedules made of schedules for any parts."""

from __future__ import annotations

import json
import math
import pickle
from itertools import islice

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore import (
    Clip,
    Constant,
    Cooldown,
    Cosine,
    Cyclic,
    Delay,
    InverseTime,
    Offset,
    PiecewiseConstant,
    Product,
    Repeat,
    Scaled,
    Schedule,
    Sequence,
    Until,
    Warmup,
)

LAST = 2**63 - 1
lrs = st.floats(min_value=1e-300, max_value=1e300)
shapes = st.sampled_from(["linear", "cosine", "1-sqrt"])
counts = st.integers(min_value=1, max_value=100) | st.integers(min_value=1, max_value=2**62)
steps = st.integers(min_value=0, max_value=200) | st.integers(min_value=0, max_value=2**63 - 2)
decays = st.floats(min_value=0, max_value=1, exclude_min=True)
leaves: st.SearchStrategy[Schedule] = st.one_of(
    st.builds(Constant, lrs),
    st.builds(Cosine, lrs, counts),
    st.builds(InverseTime, lrs, st.floats(min_value=0, max_value=10), counts, st.booleans()),
    st.builds(Cyclic, st.floats(1e-9, 1e-3), st.floats(1e-2, 1e3), counts, counts),
    st.builds(PiecewiseConstant, counts.map(lambda boundary: [boundary]), st.tuples(lrs, lrs)),
)


@st.composite
def sequences(draw: st.DrawFn, parts: st.SearchStrategy[Schedule]) -> Schedule:
    """Each milestone leaves a warm-up its steps, of which there are at most 40."""
    lengths = draw(st.lists(st.integers(min_value=40, max_value=2**60), max_size=3))
    schedules = draw(st.lists(parts, min_size=len(lengths) + 1, max_size=len(lengths) + 1))
    return Sequence(schedules, np.cumsum(np.array(lengths, dtype=np.int64)))


def composed(parts: st.SearchStrategy[Schedule]) -> st.SearchStrategy[Schedule]:
    warm = st.integers(min_value=1, max_value=40)
    lengths = st.integers(min_value=40, max_value=100) | st.integers(min_value=40, max_value=2**62)
    return st.one_of(
        sequences(parts),
        st.builds(Scaled, parts, lrs),
        st.builds(Product, st.lists(parts, min_size=1, max_size=3)),
        st.builds(
            Warmup, parts, warm, shapes, st.sampled_from(["0", "1/W", "1/(W+1)"]), st.just(0.0) | lrs, st.booleans()
        ),
        st.builds(Cooldown, parts, lengths, counts, st.just(0.0), shapes),
        st.builds(lambda base, limits: Clip(base, min(limits), max(limits)), parts, st.tuples(lrs, lrs)),
        st.builds(Clip, parts, lrs),
        st.builds(Delay, parts, st.just(0) | counts),
        st.builds(Offset, parts, st.just(0) | counts),
        st.builds(Repeat, parts, lengths, st.none() | counts, decays),
        st.builds(Until, parts, lengths, st.sampled_from(["hold", "repeat", "mirror"])),
    )


schedules = st.recursive(leaves, composed, max_leaves=6)


@settings(deadline=None)
@given(schedules, steps)
def test_a_value_is_bit_for_bit_the_call(schedule: Schedule, step: int) -> None:
    assert schedule.values(step, step + 1).tobytes() == np.float64(schedule(step)).tobytes()


@settings(deadline=None)
@given(schedules, steps)
def test_many_values_are_bit_for_bit_the_calls(schedule: Schedule, step: int) -> None:
    stop = min(step + 150, 2**63 - 1)
    assert schedule.values(step, stop).tolist() == [schedule(at) for at in range(step, stop)]


@settings(deadline=None)
@given(schedules, steps)
def test_no_value_is_negative_or_not_finite(schedule: Schedule, step: int) -> None:
    for at in (0, 1, step, 2**63 - 1):
        assert math.isfinite(schedule(at))
        assert schedule(at) >= 0


@settings(deadline=None)
@given(schedules, steps)
def test_json_and_pickle_and_back_is_the_same_schedule(schedule: Schedule, step: int) -> None:
    content = json.dumps(schedule.to_dict(), allow_nan=False)
    for other in (Schedule.from_dict(json.loads(content)), pickle.loads(pickle.dumps(schedule))):
        assert (other, hash(other)) == (schedule, hash(schedule))
        assert other(step) == schedule(step)


@settings(deadline=None)
@given(schedules, steps)
def test_values_are_constant_from_the_stated_step(schedule: Schedule, step: int) -> None:
    constant_from = schedule.course().constant_from
    if constant_from is not None and constant_from < LAST:
        assert {schedule(min(constant_from + at, LAST)) for at in (0, 1, step)} == {schedule(LAST)}


@settings(deadline=None, max_examples=30)
@given(schedules)
def test_every_schedule_can_be_described(schedule: Schedule) -> None:
    phase_starts = list(islice(schedule.course().iter_phase_starts(0, LAST), 50))
    assert phase_starts == sorted({*phase_starts} - {0})
    first = next(line for line in schedule.describe().splitlines() if line.startswith("  first "))
    assert first.split()[1:] == [f"{schedule(0):.6g}", "at", "update", "0"]


@settings(deadline=None)
@given(schedules)
def test_repr_rebuilds_the_schedule(schedule: Schedule) -> None:
    assert eval(repr(schedule)) == schedule


@settings(deadline=None)
@given(st.lists(schedules, min_size=3, max_size=3), st.integers(40, 2**60), st.integers(40, 2**60), steps)
def test_nested_sequences_are_the_flat_one(parts: list[Schedule], first: int, second: int, step: int) -> None:
    a, b, c = parts
    flat = Sequence(parts, [first, first + second])
    for nested in (a.then(b, at=first).then(c, at=first + second), a.then(b.then(c, at=second), at=first)):
        for at in (step, first - 1, first, first + second - 1, first + second):
            assert nested(at) == flat(at)
        assert nested.values(first - 20, first + 20).tolist() == flat.values(first - 20, first + 20).tolist()


@settings(deadline=None)
@given(st.lists(schedules, min_size=3, max_size=3), steps)
def test_nested_products_are_the_flat_one(parts: list[Schedule], step: int) -> None:
    a, b, c = parts
    flat = Product(parts)
    assert (a * b * c)(step) == flat(step)
    factors = (a(step) * b(step), b(step) * c(step), flat(step))
    if all(1e-290 < factor < 1e290 for factor in factors):  # neither limited nor subnormal on the way
        assert math.isclose((a * (b * c))(step), flat(step), rel_tol=1e-15)


@settings(deadline=None)
@given(schedules, st.integers(0, 2**61), st.integers(0, 2**61), steps)
def test_nested_delays_and_offsets_add_up(schedule: Schedule, first: int, second: int, step: int) -> None:
    assert Delay(Delay(schedule, first), second)(step) == Delay(schedule, first + second)(step)
    assert Offset(Offset(schedule, first), second)(step) == Offset(schedule, first + second)(step)
    assert Offset(Delay(schedule, first), first)(step % 2**61) == schedule(step % 2**61)
