"""Checks and coercions of arguments, shared by all that hands them to the core."""

from __future__ import annotations

import math
import numbers
import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from lrcore._core import ArgumentError as ArgumentError

# The name under which tracebacks show it, and users catch it.
ArgumentError.__module__ = "lrcore"

T = TypeVar("T")
BOOLS = (bool, np.bool_)


def as_float(name: str, value: Any) -> float:
    """`value` as a float: Python and NumPy integers and floats are numbers, bool and str are not."""
    if isinstance(value, BOOLS) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, but got {value!r}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} is too large for a float") from None


def as_non_negative(name: str, value: Any) -> float:
    """`value` as a finite float of at least 0."""
    number = as_float(name, value)
    if not 0 <= number < math.inf:
        raise ValueError(f"{name} must be finite and not negative, but got {value}")
    return number


def as_probability(name: str, value: Any) -> float:
    """`value` as a float in [0, 1]."""
    number = as_float(name, value)
    if not 0 <= number <= 1:
        raise ValueError(f"{name} must be in [0, 1], but got {value}")
    return number


def as_int(name: str, value: Any) -> int:
    """`value` as an int of at most 64 bits; floats are refused, also whole ones."""
    try:
        if isinstance(value, BOOLS):
            raise TypeError
        whole = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, but got {value!r}") from None
    if not -(2**63) <= whole < 2**63:
        raise ValueError(f"{name} must fit in 64 bits")
    return whole


def as_positive_int(name: str, value: Any) -> int:
    """`value` as an int of at least 1 and at most 64 bits."""
    whole = as_int(name, value)
    if whole < 1:
        raise ValueError(f"{name} must be at least 1, but got {whole}")
    return whole


def as_str(name: str, value: Any) -> str:
    """`value` itself, if it is a str."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, but got {value!r}")
    return value


def as_bool(name: str, value: Any) -> bool:
    """`value` as a bool; the numbers 0 and 1 are refused."""
    if not isinstance(value, BOOLS):
        raise TypeError(f"{name} must be True or False, but got {value!r}")
    return bool(value)


def unchecked(_name: str, value: T) -> T:
    """`value` itself, for `each` to make a tuple of what is checked later."""
    return value


def as_tuple_of(coerce: Callable[[str, Any], T], name: str, values: Any) -> tuple[T, ...]:
    """`values` as a tuple, every item coerced under the name of its place, such as lrs[2]."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a sequence, but got {values!r}")
    return tuple(coerce(f"{name}[{index}]", value) for index, value in enumerate(values))


def as_mapping(name: str, value: Any) -> Mapping[str, Any]:
    """`value` itself, if it is a mapping; ValueError if not, as for one with wrong fields."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a mapping, but got {type(value).__name__}")
    return value


def check_version(owner: str, content: Mapping[str, Any], version: int) -> None:
    """ValueError unless `content` is a mapping of this version."""
    if as_mapping(owner, content).get("version") != version:
        raise ValueError(f"the version of {owner} must be {version}, but got {content.get('version')!r}")


def check_fields(owner: str, given: Collection[str], expected: Collection[str]) -> None:
    """ValueError that names the first field missing from `given`, or the first that `expected` does not know."""
    for name in expected:
        if name not in given:
            raise ValueError(f"{owner} lacks the field {name!r}")
    for name in given:
        if name not in expected:
            raise ValueError(f"{owner} has no field {name!r}")


@contextmanager
def translate_argument_names(**names: str) -> Iterator[None]:
    """Name the caller's arguments in the errors raised inside: with base_lr="lr", lr in place of base_lr."""
    try:
        yield
    except (TypeError, ValueError) as error:
        sentence = re.sub(rf"\b({'|'.join(names)})\b", lambda found: names[found[0]], str(error))
        if isinstance(error, ArgumentError):
            raise ArgumentError(sentence, names.get(error.argument or "", error.argument)) from None
        raise type(error)(sentence) from None
