"""Whom a download tells what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Progress = Callable[[int, int], None]
Tell = Callable[[str], None]


class Report(NamedTuple):
    """What a download calls; by default it is silent.

    Args:
        progress: Called with the bytes that are there and the bytes expected, first before any has come: the bytes are
            fewer than before where a source began anew, and more than 0 at first where a download is resumed.
        tell: Called with one line about a source or folder that is tried, passed over or waited for.
    """

    progress: Progress = lambda received, expected: None
    tell: Tell = lambda line: None


SILENT = Report()
