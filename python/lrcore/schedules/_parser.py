"""Schedules written as expressions, such as on a command line, with lengths in steps or epochs."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Generic, get_args

from lrcore._validation import as_positive_int
from lrcore._validation import as_str as checked_text
from lrcore.schedules._base import Named, Schedule, find_schedule, learning_rate_classes

WITH_UNIT = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ep|dur)")


@dataclass(frozen=True)
class Units:
    """Numbers of steps in an epoch ("ep") and in the whole run ("dur").

    steps = round(number * steps_per_epoch) or round(number * total_steps)

    The number is taken as it is written, in decimal; a half is rounded to the even neighbour.

    Args:
        steps_per_epoch: Optimizer updates per epoch, at least 1; None if not known.
        total_steps: Optimizer updates of the whole run, at least 1; None if not known.

    Raises:
        ValueError: When an argument is less than 1.
        TypeError: When an argument is not an integer.

    Example:
        >>> units = Units(steps_per_epoch=391, total_steps=1173)
        >>> units.in_steps(["2.5ep", "0.8dur", 7, "triangular2"])
        [978, 938, 7, 'triangular2']
    """

    steps_per_epoch: int | None = None
    total_steps: int | None = None

    def __post_init__(self) -> None:
        for name, steps in (("steps_per_epoch", self.steps_per_epoch), ("total_steps", self.total_steps)):
            if steps is not None:
                object.__setattr__(self, name, as_positive_int(name, steps))

    def in_steps(self, value: Any) -> Any:
        """`value` with every text that has a unit, also in lists, replaced by its number of steps.

        Raises:
            ValueError: When such a text rounds to 0 steps, or how many steps its unit has is not known.
        """
        if isinstance(value, list):
            return [self.in_steps(item) for item in value]
        written = WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
        return value if written is None else self._steps(value, *written.groups())

    def _steps(self, text: str, number: str, unit: str) -> int:
        name = {"ep": "steps_per_epoch", "dur": "total_steps"}[unit]
        steps_of_unit: int | None = getattr(self, name)
        if steps_of_unit is None:
            raise ValueError(f"{text!r} needs {name}")
        steps = round(Fraction(Decimal(number)) * steps_of_unit)
        if steps == 0:
            raise ValueError(f"{text!r} must be at least 1 step, but rounds to 0 with {name}={steps_of_unit}")
        return steps


MAX_LENGTH = 10_000
SHOWN_LENGTH = 60


def parse_schedule(text: str, steps_per_epoch: int | None = None, total_steps: int | None = None) -> Schedule:
    """The learning-rate schedule that a text such as "cyclic(1e-3, 1e-2, step_size_up=100)" describes.

    The text is one call of a schedule by its name (constant, piecewise_constant, piecewise_linear, piecewise_cosine,
    tabulated, step, multi_step, inverse_time, linear, polynomial, exponential, exponential_decay, cosine,
    cosine_restarts, tanh, inverse_sqrt, noam, cyclic, one_cycle, warmup_stable_decay, scaled, sequence, product,
    warmup, cooldown, clip, delay, offset, repeat, until) with literal arguments: numbers, strings, None, True, False,
    schedules written the same way, and lists or tuples of those. It is read as a syntax tree; nothing in it is ever
    executed.

    An argument that counts steps may be a string with a unit: "30ep" is round(30 * steps_per_epoch) steps and "0.1dur"
    is round(0.1 * total_steps). `compat` is an argument like any other, where a schedule has it.

    Args:
        text: At most 10,000 characters.
        steps_per_epoch: Optimizer updates per epoch, at least 1; needed for "ep" alone.
        total_steps: Optimizer updates of the whole run, at least 1; needed for "dur" alone.

    Raises:
        ValueError: When the text is anything else, or an argument is wrong; one sentence says what.
        TypeError: When `text` is not a string or a number of steps not an integer.

    Example:
        >>> parse_schedule("cosine(0.1, decay_steps=1000)")
        Cosine(base_lr=0.1, decay_steps=1000, min_lr=0.0, exponent=1.0, k=1.0, end='hold')
        >>> parse_schedule("scaled(constant(0.1), factor=0.5)")
        Scaled(base=Constant(lr=0.1), factor=0.5)
        >>> parse_schedule("sequence([constant(0.1), cosine(0.1, 900)], milestones=[100])").values(99, 102).shape
        (3,)
        >>> parse_schedule("warmup(cosine(1, '0.9dur'), '0.1dur')", total_steps=30).values(0, 4).tolist()
        [0.25, 0.5, 0.75, 1.0]
        >>> parse_schedule("inverse_time(1e-2, 0.1, decay_steps='1ep', staircase=True)", steps_per_epoch=391)
        InverseTime(base_lr=0.01, decay_rate=0.1, decay_steps=391, staircase=True)
        >>> parse_schedule("multi_step(0.1, ['30ep', '60ep'])", steps_per_epoch=391)
        MultiStep(base_lr=0.1, milestones=(11730, 23460), gamma=0.1)
        >>> parse_schedule("polynomial(0.1, '30ep', compat='keras')", steps_per_epoch=391)
        Polynomial(base_lr=0.1, decay_steps=11730, end_lr=0.0001, power=1.0, cycle=False, k=1.0)
        >>> parse_schedule("sigmoid(0.1)")
        Traceback (most recent call last):
            ...
        ValueError: unknown schedule 'sigmoid': choose one of constant, piecewise_constant, piecewise_linear, ...
    """
    return parse_expression(text, learning_rate_classes(), Units(steps_per_epoch, total_steps))


def parse_expression(text: str, classes: Sequence[type[Named]], units: Units) -> Named:
    """The object that a text describes, read as `parse_schedule` does it, but with a choice of classes.

    Args:
        text: A call of one of `classes` by its `name`; the name alone is a call without arguments.
        classes: What may be called.
        units: What the units of steps mean.

    Raises:
        ValueError: When the text is anything else, or an argument is wrong; one sentence says what.
        TypeError: When `text` is not a string.
    """
    text = checked_text("text", text).strip()
    try:
        return _Reader(text, classes, units).called(*_parse_call(text))
    except RecursionError:
        raise ValueError(f"a schedule must not be nested as deep as in {_shown(text)}") from None


def _parse_call(text: str) -> tuple[str, ast.Call]:
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a schedule must be written in at most {MAX_LENGTH} characters, but got {len(text)}")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    match tree:
        case ast.Call(func=ast.Name(id=name)):
            return name, tree
        case ast.Name(id=name):
            return name, ast.Call(tree, [], [])
    raise ValueError(f"a schedule must be written like 'cosine(0.1, decay_steps=1000)', but got {_shown(text)}")


@dataclass(frozen=True)
class _Reader(Generic[Named]):
    """Turns the nodes of the syntax tree of `text` into what they describe."""

    text: str
    classes: Sequence[type[Named]]
    units: Units

    def called(self, name: str, call: ast.Call) -> Named:
        found = find_schedule(name, self.classes)
        positional = [self.argument(node) for node in call.args]
        keywords = {keyword: self.argument(node) for keyword, node in _keywords(name, call)}
        return _construct(found, positional, keywords, self.units)

    def argument(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=None | bool() | int() | float() | str()):
                return node.value
            case ast.UnaryOp(operand=ast.Constant(value=bool())):
                pass  # -True is a number to Python alone
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self.argument(item) for item in items]
            case ast.Call(func=ast.Name(id=name)):
                return self.called(name, node)
        shown = _shown(ast.get_source_segment(self.text, node) or "")
        allowed = "numbers, strings, None, True, False, schedules or lists of those"
        raise ValueError(f"arguments must be {allowed}, but got {shown}")


def _keywords(name: str, call: ast.Call) -> list[tuple[str, ast.expr]]:
    named = [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg is not None]
    if len(named) < len(call.keywords):
        raise ValueError(f"{name}: arguments must be written out, but got **")
    for keyword, _ in named:
        if sum(other == keyword for other, _ in named) > 1:
            raise ValueError(f"{name}: multiple values for argument {keyword!r}")
    return named


def _construct(cls: type[Named], positional: list[Any], keywords: dict[str, Any], units: Units) -> Named:
    signature = inspect.signature(cls, eval_str=True)
    try:
        arguments = signature.bind(*positional, **keywords).arguments
    except TypeError as error:
        raise ValueError(f"{cls.name}: {error}") from None
    for argument, value in arguments.items():
        if issubclass(cls, Schedule) and _counts_steps(signature.parameters[argument]):
            arguments[argument] = units.in_steps(value)
    try:
        return cls(**arguments)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _counts_steps(parameter: inspect.Parameter) -> bool:
    """True for an integer or a sequence of integers, which in a schedule always count steps."""
    return int in (parameter.annotation, *get_args(parameter.annotation))


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 3] + "...")
