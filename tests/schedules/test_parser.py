"""Schedules written as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    ExponentialDecay,
    InverseSqrt,
    InverseTime,
    Linear,
    MultiStep,
    Noam,
    OneCycle,
    PiecewiseConstant,
    PiecewiseCosine,
    PiecewiseLinear,
    Polynomial,
    Scaled,
    Schedule,
    Step,
    Tabulated,
    Tanh,
    WarmupStableDecay,
    parse_schedule,
)
from lrcore.schedules._parser import Units
from lrcore.schedules._registry import LEARNING_RATES


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("constant(0.1)", Constant(0.1)),
        ("constant(lr=1)", Constant(1.0)),
        ("piecewise_constant([10, 20], (0.1, 0.01, 0.001))", PiecewiseConstant([10, 20], [0.1, 0.01, 0.001])),
        ("piecewise_constant([], [0.1])", PiecewiseConstant([], [0.1])),
        ("inverse_time(1e-2, 0.1, decay_steps=391, staircase=True)", InverseTime(1e-2, 0.1, 391, True)),
        ("linear(0.1, 0, total_steps=100)", Linear(0.1, 0.0, 100)),
        ("piecewise_linear([0, 20], [0, 0.1])", PiecewiseLinear([0, 20], [0.0, 0.1])),
        ("piecewise_cosine((5,), (0.1,))", PiecewiseCosine([5], [0.1])),
        ("tabulated([0.1, 0.2])", Tabulated([0.1, 0.2])),
        ("step(0.1, 30)", Step(0.1, 30)),
        ("multi_step(0.1, [30, 60], gamma=0.2)", MultiStep(0.1, [30, 60], 0.2)),
        ("polynomial(0.1, 100, power=2, cycle=True)", Polynomial(0.1, 100, 0.0, 2.0, True)),
        ("exponential_decay(0.1, 0.9, end_lr=None)", ExponentialDecay(0.1, 0.9)),
        ("one_cycle(0.1, 1000)", OneCycle(0.1, 1000)),
        (
            "one_cycle(0.1, 1000, 0.25, 'linear', 10, 100, three_phase=True)",
            OneCycle(0.1, 1000, 0.25, "linear", 10.0, 100.0, True),
        ),
        ("exponential(1e-5, 10, 100)", Exponential(1e-5, 10.0, 100)),
        ("cosine(0.1, decay_steps=1_000)", Cosine(0.1, 1000)),
        ("cosine_restarts(0.1, 100, 2, min_lr=1e-3)", CosineRestarts(0.1, 100, 2.0, min_lr=1e-3)),
        ("tanh(0.1, 1000, lower=-6)", Tanh(0.1, 1000, -6.0)),
        ("inverse_sqrt(0.1, 100, warmup_steps=10)", InverseSqrt(0.1, 100, 10)),
        ("noam(512, 4000, factor=2)", Noam(512, 4000, 2.0)),
        ("warmup_stable_decay(0.1, 10, 80, 10, decay='linear')", WarmupStableDecay(0.1, 10, 80, 10, decay="linear")),
        ("cyclic(1e-3, 1e-2, step_size_up=100)", Cyclic(1e-3, 1e-2, 100)),
        (
            "  cyclic(\n  1e-3, 1e-2, 100, None, 'exp_range', gamma=.99,\n)\n",
            Cyclic(1e-3, 1e-2, 100, 100, "exp_range", 0.99),
        ),
        ("scaled(cyclic(1e-3, 1e-2, step_size_up=100), 0.5)", Scaled(Cyclic(1e-3, 1e-2, 100), 0.5)),
        ("scaled(factor=2, base=scaled(constant(0.1), 3))", Scaled(Scaled(Constant(0.1), 3.0), 2.0)),
    ],
)
def test_a_call_with_literals_is_that_schedule(text: str, schedule: Schedule) -> None:
    assert parse_schedule(text) == schedule


NAMES = ", ".join(known.name for known in LEARNING_RATES)
EXPECTED_CALL = "a schedule must be written like 'cosine(0.1, decay_steps=1000)', but got "
EXPECTED_LITERAL = "arguments must be numbers, strings, None, True, False, schedules or lists of those, but got "


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", EXPECTED_CALL + "''"),
        ("cyclic", "cyclic: missing a required argument: 'base_lr'"),
        ("cosine(0.1, 100", EXPECTED_CALL + "'cosine(0.1, 100'"),
        ("cosine(0.1, 100) + 1", EXPECTED_CALL + "'cosine(0.1, 100) + 1'"),
        ("cosine(0.1, 100); print()", EXPECTED_CALL + "'cosine(0.1, 100); print()'"),
        ("os.system('ls')", EXPECTED_CALL + """"os.system('ls')\""""),
        ("cosine(0.1)(100)", EXPECTED_CALL + "'cosine(0.1)(100)'"),
        ("lambda: cosine(0.1, 100)", EXPECTED_CALL + "'lambda: cosine(0.1, 100)'"),
        ("sigmoid(0.1)", f"unknown schedule 'sigmoid': choose one of {NAMES}"),
        ("cyclic_momentum(0.8, 0.9)", f"unknown schedule 'cyclic_momentum': choose one of {NAMES}"),
        ("cosine(0.1, 10 * 10)", EXPECTED_LITERAL + "'10 * 10'"),
        ("cosine(0.1, steps)", EXPECTED_LITERAL + "'steps'"),
        ("cosine(0.1, f'{1}')", EXPECTED_LITERAL + """"f'{1}'\""""),
        ("cosine(0.1, --1)", EXPECTED_LITERAL + "'--1'"),
        ("cosine(0.1, -True)", EXPECTED_LITERAL + "'-True'"),
        ("cosine(0.1, 1j)", EXPECTED_LITERAL + "'1j'"),
        ("cosine(0.1, b'1')", EXPECTED_LITERAL + """"b'1'\""""),
        ("cosine(0.1, ...)", EXPECTED_LITERAL + "'...'"),
        ("cosine(0.1, {1})", EXPECTED_LITERAL + "'{1}'"),
        ("cosine(*[0.1, 100])", EXPECTED_LITERAL + "'*[0.1, 100]'"),
        ("cosine(0.1, [x for x in [1]])", EXPECTED_LITERAL + "'[x for x in [1]]'"),
        ("cosine(**{'base_lr': 1})", "cosine: arguments must be written out, but got **"),
        ("cosine(0.1, min_lr=0, min_lr=0)", "cosine: multiple values for argument 'min_lr'"),
        ("cosine(0.1, base_lr=0.1)", "cosine: multiple values for argument 'base_lr'"),
        ("cosine(0.1)", "cosine: missing a required argument: 'decay_steps'"),
        ("cosine(0.1, 100, 0, 1, 1, None, 0)", "cosine: too many positional arguments"),
        ("cosine(0.1, 100, steps=1)", "cosine: got an unexpected keyword argument 'steps'"),
        ("cosine(-0.1, 100)", "base_lr must be a finite number greater than 0, but got -0.1"),
        ("cosine(1e999, 100)", "base_lr must be a finite number greater than 0, but got inf"),
        ("cosine('a', 100)", "base_lr must be a number, but got 'a'"),
        ("cosine(0.1, 100.0)", "decay_steps must be an integer, but got 100.0"),
        ("cosine(0.1, 9223372036854775808)", "decay_steps must fit in 64 bits"),
        ("cyclic(0.1, 0.01)", "max_lr must be greater than base_lr=0.1, but got 0.01"),
        ("piecewise_constant(3, [1])", "boundaries must be a sequence, but got 3"),
        ("scaled(0.1, 0.5)", "base must be a learning-rate schedule, but got 0.1"),
        ("scaled([constant(0.1)], 0.5)", "base must be a learning-rate schedule, but got [Constant(lr=0.1)]"),
        ("scaled(constant(0.1), 0)", "factor must be a finite number greater than 0, but got 0.0"),
        ("scaled(constant(0.1))", "scaled: missing a required argument: 'factor'"),
        ("scaled(constant(), 0.5)", "constant: missing a required argument: 'lr'"),
        ("scaled(constant(0), 0.5)", "lr must be a finite number greater than 0, but got 0.0"),
        ("scaled(cyclic_momentum(0.8, 0.9), 1)", f"unknown schedule 'cyclic_momentum': choose one of {NAMES}"),
        ("scaled(os.system('ls'), 1)", EXPECTED_LITERAL + """"os.system('ls')\""""),
        ("scaled(constant(0.1)(0), 1)", EXPECTED_LITERAL + "'constant(0.1)(0)'"),
        ("constant(constant(0.1))", "lr must be a number, but got Constant(lr=0.1)"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_schedule(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4000 + ")" * 4000,
        "-" * 9000 + "1",
        "cosine(0.1, " + "[" * 150 + "]" * 150 + ")",
        "cosine(0.1, " + "[" * 4000 + "]" * 4000 + ")",
        "cosine(0.1, " + "-" * 9000 + "1)",
        "cosine(0.1, a" + ".b" * 4000 + ")",
        "a" + ".b" * 4000 + "()",
        "a" + "()" * 4000,
        "scaled(" * 150 + "constant(1)" + ", 1)" * 150,
        "scaled(" * 4000 + "constant(1)" + ", 1)" * 4000,
        "cosine(0.1, 1" + "+1" * 4000 + ")",
        "cosine(0.1, 0x" + "f" * 9000 + ")",
        "cosine(0x" + "f" * 9000 + ", 10)",
        "cosine(0.1, " + "9" * 9000 + ")",
        "cosine('" + "a" * 9000 + "', 10)",
        "x" * 10_000_000,
        "cosine(0.1,\x00 100)",
        "cosine(0.1, '\ud800')",
        "\ud800",
        "cosine(0.1, '\\d')",
    ],
    ids=lambda text: text[:20].encode("ascii", "replace").decode() + f"-{len(text)}",
)
def test_hostile_text_is_refused_not_fatal(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (which sentence depends on the Python version)
        parse_schedule(text)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ('inverse_time(1e-2, 0.1, decay_steps="1ep", staircase=True)', InverseTime(1e-2, 0.1, 391, True)),
        ('one_cycle(max_lr=0.1, total_steps="30ep")', OneCycle(0.1, 11730)),
        (
            'piecewise_constant(["0.8dur", "0.93dur"], [0.01, 0.001, 0.0001])',
            PiecewiseConstant([9384, 10909], [0.01, 0.001, 0.0001]),  # 0.93 * 11730 = 10908.9
        ),
        ("piecewise_constant((5, '1ep', '1dur'), [4, 3, 2, 1])", PiecewiseConstant([5, 391, 11730], [4, 3, 2, 1])),
        ("cyclic(0.1, 0.2, '2.5ep', '.5ep', mode='triangular2')", Cyclic(0.1, 0.2, 978, 196, "triangular2")),
        ("cyclic(0.1, 0.2, step_size_up='1.ep', step_size_down=None)", Cyclic(0.1, 0.2, 391, 391)),
        ("linear(0, 1, '2dur')", Linear(0.0, 1.0, 23460)),
        ("scaled(cosine(0.1, '1dur'), 0.5)", Scaled(Cosine(0.1, 11730), 0.5)),
    ],
)
def test_steps_may_have_units(text: str, schedule: Schedule) -> None:
    assert parse_schedule(text, steps_per_epoch=391, total_steps=30 * 391) == schedule


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cosine(0.1, '30ep')", "'30ep' needs steps_per_epoch"),
        ("cosine(0.1, '0.1dur')", "'0.1dur' needs total_steps"),
        ("piecewise_constant([1, '2ep'], [3, 2, 1])", "'2ep' needs steps_per_epoch"),
        ("cosine(0.1, '30')", "decay_steps must be an integer, but got '30'"),
        ("cosine(0.1, '-1ep')", "decay_steps must be an integer, but got '-1ep'"),
        ("cosine(0.1, '1e3ep')", "decay_steps must be an integer, but got '1e3ep'"),
        ("cosine(0.1, '1 ep')", "decay_steps must be an integer, but got '1 ep'"),
        ("cosine(0.1, '.ep')", "decay_steps must be an integer, but got '.ep'"),
        ("cosine(0.1, '1sp')", "decay_steps must be an integer, but got '1sp'"),
        ("cosine('1ep', 10)", "base_lr must be a number, but got '1ep'"),
        ("cyclic(0.1, 0.2, 10, mode='1ep')", "mode must be 'triangular', 'triangular2' or 'exp_range', but got '1ep'"),
        ("inverse_time(0.1, 0.1, 10, staircase='1ep')", "staircase must be True or False, but got '1ep'"),
    ],
)
def test_a_unit_without_its_number_or_its_place_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_schedule(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cosine(0.1, '0.04ep')", "'0.04ep' must be at least 1 step, but rounds to 0 with steps_per_epoch=10"),
        ("cosine(0.1, '0ep')", "'0ep' must be at least 1 step, but rounds to 0 with steps_per_epoch=10"),
        (
            "piecewise_constant(['0.004dur'], [1, 2])",
            "'0.004dur' must be at least 1 step, but rounds to 0 with total_steps=100",
        ),
        (f"cosine(0.1, '{'9' * 9000}ep')", "decay_steps must fit in 64 bits"),
        ("linear(0.1, 1, '0.1ep')", "total_steps must be at least 2, but got 1"),
    ],
    ids=lambda text: text[:40],
)
def test_a_unit_of_no_steps_or_too_many_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_schedule(text, steps_per_epoch=10, total_steps=100)


def test_a_unit_is_rounded_from_the_decimal_as_written() -> None:
    def steps(text: str, of: int) -> int:
        return Units(steps_per_epoch=of).in_steps(text)

    assert [steps("0.5ep", of) for of in (3, 5, 7)] == [2, 2, 4]
    assert (steps("0.145ep", 100), 0.145 * 100) == (14, 14.499999999999998)
    assert (steps("1.15ep", 10), steps("0.285ep", 100), 0.285 * 100) == (12, 28, 28.499999999999996)
    assert steps("1.000000000000000000001ep", 10**18) == 10**18


@pytest.mark.parametrize("name", ["steps_per_epoch", "total_steps"])
def test_a_number_of_steps_must_be_a_count(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, but got 0$"):
        parse_schedule("constant(0.1)", **{name: 0})
    with pytest.raises(TypeError, match=f"^{name} must be an integer, but got 1.5$"):
        parse_schedule("constant(0.1)", **{name: 1.5})  # type: ignore[arg-type]


def test_a_base_may_be_nested_100_deep() -> None:
    def nested(depth: int) -> str:
        return "scaled(" * depth + "constant(0.5)" + ", 1)" * depth

    assert parse_schedule(nested(100))(0) == 0.5
    with pytest.raises(ValueError, match=r"^schedule must be nested at most 100 deep, but got 101$"):
        parse_schedule(nested(101))


@settings(deadline=None)
@given(st.text() | st.from_regex(r"(cyclic|cosine)\([-0-9.e, \[\]a-z=]{0,40}\)", fullmatch=True))
def test_any_text_gives_a_schedule_or_a_value_error(text: str) -> None:
    try:
        assert isinstance(parse_schedule(text), Schedule)
    except ValueError as error:
        assert str(error)  # noqa: PT017


def test_nothing_is_executed(tmp_path: Path) -> None:
    target = tmp_path / "made"
    for text in (f"cosine(open({str(target)!r}, 'w'), 1)", f"open({str(target)!r}, 'w')"):
        with pytest.raises(ValueError, match=r"^(unknown schedule 'open'|arguments must be)"):
            parse_schedule(text)
    assert not target.exists()


def test_a_text_must_be_a_string() -> None:
    with pytest.raises(TypeError, match=r"^text must be a string, but got b'cosine\(0\.1, 10\)'$"):
        parse_schedule(b"cosine(0.1, 10)")  # type: ignore[arg-type]
