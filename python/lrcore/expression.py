"""Schedules written as text, such as on a command line."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from lrcore._arguments import text as checked_text
from lrcore.schedules import Schedule
from lrcore.schedules.registry import LEARNING_RATES, find_schedule

MAX_LENGTH = 10_000
SHOWN_LENGTH = 60


def parse_schedule(text: str) -> Schedule:
    """The learning-rate schedule that a text such as "cyclic(1e-3, 1e-2, step_size_up=100)" describes.

    The text is one call of a schedule by its name (constant, piecewise_constant, inverse_time, linear,
    exponential, cosine, cyclic, one_cycle, scaled) with literal arguments: numbers, strings, None, True, False, lists
    or tuples of those, and schedules written the same way. It is read as a syntax tree; nothing in it is ever executed.

    Args:
        text: At most 10,000 characters.

    Raises:
        ValueError: When the text is anything else, or an argument is wrong; one sentence says what.
        TypeError: When `text` is not a string.

    Example:
        >>> parse_schedule("cosine(0.1, decay_steps=1000)")
        Cosine(base_lr=0.1, decay_steps=1000, min_lr=0.0)
        >>> parse_schedule("scaled(constant(0.1), factor=0.5)")
        Scaled(base=Constant(lr=0.1), factor=0.5)
        >>> parse_schedule("polynomial(0.1)")
        Traceback (most recent call last):
            ...
        ValueError: unknown schedule 'polynomial': choose one of constant, piecewise_constant, inverse_time, linear, \
exponential, cosine, cyclic, one_cycle, scaled
    """
    text = checked_text("text", text).strip()
    try:
        return _schedule(*_parse_call(text), text)
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
    raise ValueError(f"a schedule must be written like 'cosine(0.1, decay_steps=1000)', but got {_shown(text)}")


def _schedule(name: str, call: ast.Call, text: str) -> Schedule:
    schedule = find_schedule(name, LEARNING_RATES)
    positional = [_argument(node, text) for node in call.args]
    keywords = {keyword: _argument(node, text) for keyword, node in _keywords(name, call)}
    return _construct(name, schedule, positional, keywords)


def _keywords(name: str, call: ast.Call) -> list[tuple[str, ast.expr]]:
    named = [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg is not None]
    if len(named) < len(call.keywords):
        raise ValueError(f"{name}: arguments must be written out, but got **")
    for keyword, _ in named:
        if sum(other == keyword for other, _ in named) > 1:
            raise ValueError(f"{name}: multiple values for argument {keyword!r}")
    return named


def _argument(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Constant(value=None | bool() | int() | float() | str()):
            return node.value
        case ast.UnaryOp(operand=ast.Constant(value=bool())):
            pass  # -True is a number to Python alone
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_argument(item, text) for item in items]
        case ast.Call(func=ast.Name(id=name)):
            return _schedule(name, node, text)
    shown = _shown(ast.get_source_segment(text, node) or "")
    allowed = "numbers, strings, None, True, False, schedules or lists of those"
    raise ValueError(f"arguments must be {allowed}, but got {shown}")


def _construct(name: str, schedule: type[Schedule], positional: list[Any], keywords: dict[str, Any]) -> Schedule:
    try:
        inspect.signature(schedule).bind(*positional, **keywords)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from None
    try:
        return schedule(*positional, **keywords)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 3] + "...")
