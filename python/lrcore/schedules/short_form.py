"""A schedule written as shortly as it can be."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from lrcore.schedules.schedule import Schedule


def short_form(value: Any) -> str:
    """The `repr` of a schedule without the arguments that have their defaults.

    Example:
        >>> from lrcore import Cosine, OneCycle
        >>> short_form([OneCycle(0.1, total_steps=300), Cosine(0.1, 20) * 0.5])
        '[OneCycle(max_lr=0.1, total_steps=300), Scaled(base=Cosine(base_lr=0.1, decay_steps=20), factor=0.5)]'
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(short_form, value))}]"
    if not isinstance(value, Schedule):
        return repr(value)
    given = {item.name: getattr(value, item.name) for item in fields(value) if item.init}
    defaults = {item.name: item.default for item in fields(value)}
    arguments = (f"{name}={short_form(item)}" for name, item in given.items() if item != defaults[name])
    return f"{type(value).__name__}({', '.join(arguments)})"
