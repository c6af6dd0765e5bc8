"""Numbers in JSON, which knows neither NaN nor infinity."""

from __future__ import annotations

import math
from typing import Any


def to_json(value: Any) -> Any:
    """`value` with the floats that JSON does not know, in it or in its dicts and lists, as "nan", "inf" or "-inf".

    Example:
        >>> to_json({"loss": float("nan"), "accuracy": [0.5, float("inf")]})
        {'loss': 'nan', 'accuracy': [0.5, 'inf']}
    """
    match value:
        case dict():
            return {key: to_json(item) for key, item in value.items()}
        case list() | tuple():
            return [to_json(item) for item in value]
        case float() if not math.isfinite(value):
            return repr(value)
    return value
