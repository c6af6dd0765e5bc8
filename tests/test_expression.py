"""Schedules written as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore import parse_schedule
from lrcore.schedules import (
    Constant,
    Cosine,
    Cyclic,
    Exponential,
    InverseTime,
    Linear,
    OneCycle,
    PiecewiseConstant,
    Scaled,
    Schedule,
)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("constant(0.1)", Constant(0.1)),
        ("constant(lr=1)", Constant(1.0)),
        ("piecewise_constant([10, 20], (0.1, 0.01, 0.001))", PiecewiseConstant([10, 20], [0.1, 0.01, 0.001])),
        ("piecewise_constant([], [0.1])", PiecewiseConstant([], [0.1])),
        ("inverse_time(1e-2, 0.1, decay_steps=391, staircase=True)", InverseTime(1e-2, 0.1, 391, True)),
        ("linear(0.1, 0, total_steps=100)", Linear(0.1, 0.0, 100)),
        ("one_cycle(0.1, 1000)", OneCycle(0.1, 1000)),
        (
            "one_cycle(0.1, 1000, 0.25, 'linear', 10, 100, three_phase=True)",
            OneCycle(0.1, 1000, 0.25, "linear", 10.0, 100.0, True),
        ),
        ("exponential(1e-5, 10, 100)", Exponential(1e-5, 10.0, 100)),
        ("cosine(0.1, decay_steps=1_000)", Cosine(0.1, 1000)),
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


NAMES = "constant, piecewise_constant, inverse_time, linear, exponential, cosine, cyclic, one_cycle, scaled"
EXPECTED_CALL = "a schedule must be written like 'cosine(0.1, decay_steps=1000)', but got "
EXPECTED_LITERAL = "arguments must be numbers, strings, None, True, False, schedules or lists of those, but got "


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", EXPECTED_CALL + "''"),
        ("cyclic", EXPECTED_CALL + "'cyclic'"),
        ("cosine(0.1, 100", EXPECTED_CALL + "'cosine(0.1, 100'"),
        ("cosine(0.1, 100) + 1", EXPECTED_CALL + "'cosine(0.1, 100) + 1'"),
        ("cosine(0.1, 100); print()", EXPECTED_CALL + "'cosine(0.1, 100); print()'"),
        ("os.system('ls')", EXPECTED_CALL + """"os.system('ls')\""""),
        ("cosine(0.1)(100)", EXPECTED_CALL + "'cosine(0.1)(100)'"),
        ("lambda: cosine(0.1, 100)", EXPECTED_CALL + "'lambda: cosine(0.1, 100)'"),
        ("polynomial(0.1)", f"unknown schedule 'polynomial': choose one of {NAMES}"),
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
        ("cosine(0.1, 100, 0, 0)", "cosine: too many positional arguments"),
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
