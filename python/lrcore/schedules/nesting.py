"""How deep the plain content of a schedule is nested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MAX_DEPTH = 100  # that of the core


def check_depth(content: Mapping[str, Any]) -> None:
    """ValueError if `content` is nested deeper than any schedule, or without an end because it contains itself."""
    level: list[Any] = [content]
    for _ in range(2 * MAX_DEPTH + 2):  # a list of schedules in every one of them, and one of numbers
        parts = [part for part in level if isinstance(part, (Mapping, list))]
        level = list({id(item): item for part in parts for item in _items(part)}.values())
    if level:
        raise ValueError(f"a schedule must be nested at most {MAX_DEPTH} deep")


def _items(part: Mapping[str, Any] | list[Any]) -> Iterable[Any]:
    return part.values() if isinstance(part, Mapping) else part
