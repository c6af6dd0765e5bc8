"""The report as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lrcore.atomic_write import write_atomically
from lrcore.cifar.report.page import MARK, render
from lrcore.cifar.report.recorded_run import read_runs


def write_report(runs: Sequence[Path], target: Path) -> Path:
    """Write one HTML page about `runs`, which refers to nothing outside itself.

    What a run folder lacks is said in a sentence where it would stand.

    Args:
        runs: Run folders; the first is what the others are compared with.
        target: The file; a report that is already there is replaced, any other file is not.

    Returns:
        `target`.

    Raises:
        ValueError: When a path is no run folder or is given twice, or `target` is a file but no report.
        OSError: When the page cannot be written.
    """
    read = read_runs(runs)
    try:
        if target.exists() and not _is_report(target):
            raise ValueError(f"{target} is not a report of lrcore and is not overwritten: choose another --out")
        page = render(read)
        write_atomically(target, page.encode("utf-8", errors="replace"))
    except OSError as error:
        raise type(error)(f"report {target} cannot be written: {error.strerror}") from error
    return target


def _is_report(target: Path) -> bool:
    with open(target, "rb") as file:
        return file.read(len(MARK)) == MARK
