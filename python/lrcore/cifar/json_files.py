"""JSON objects in files, one in a file or one in a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_json(file: Path) -> dict[str, Any]:
    """The object that `file` holds.

    Raises:
        ValueError: When it does not hold one; the sentence names the file.
        OSError: When it cannot be read.
    """
    found = _object(file.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise ValueError(f"{file} does not hold a JSON object")
    return found


def read_json_lines(file: Path) -> list[dict[str, Any]]:
    """The objects that `file` holds, one a line; a last line that was cut short is left out.

    Raises:
        ValueError: When a line does not hold one; the sentence names it.
        OSError: When the file cannot be read.
    """
    *lines, _ = file.read_text(encoding="utf-8", errors="replace").split("\n")
    return [_line(file, number, line) for number, line in enumerate(lines, start=1)]


def _line(file: Path, number: int, line: str) -> dict[str, Any]:
    found = _object(line)
    if found is None:
        raise ValueError(f"{file}, line {number}: expected a JSON object, but got {line[:80]!r}")
    return found


def _object(text: str) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
