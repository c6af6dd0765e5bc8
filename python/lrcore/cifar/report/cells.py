"""Values as the text of a table cell; a dash where there is none."""

from __future__ import annotations

import json
from typing import Any

NOTHING = "\N{EN DASH}"
SPACE = "\N{NO-BREAK SPACE}"  # a number and its unit stay together


def plain(value: Any) -> str:
    """Strings as they are, everything else as JSON."""
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def number(value: Any) -> float | None:
    """A float, also of the strings "nan" and "inf" that stand for those in JSON; None if `value` is no number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def percent(value: Any) -> str:
    """A share as 71.46 %."""
    share = number(value)
    return NOTHING if share is None else f"{100 * share:.2f}{SPACE}%"


def decimal(value: Any) -> str:
    """A number to four digits."""
    real = number(value)
    return NOTHING if real is None else f"{real:.4g}"


def whole(value: Any) -> str:
    """A count as 39,100."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else NOTHING


def duration(value: Any) -> str:
    """Seconds as 5.2 s, 3 min 5 s or 2 h 3 min."""
    seconds = number(value)
    if seconds is None or not 0 <= seconds < 1e9:
        return NOTHING
    if seconds < 59.95:
        return f"{seconds:.1f}{SPACE}s"
    minutes, rest = divmod(round(seconds), 60)
    parts = (minutes, "min", rest, "s") if minutes < 60 else (minutes // 60, "h", minutes % 60, "min")
    return SPACE.join(map(str, parts))
