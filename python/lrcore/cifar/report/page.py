"""The report page, rendered and written to a file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lrcore._files import write_atomically
from lrcore._version import __version__
from lrcore.cifar.report.runs import RecordedRun, read_runs
from lrcore.cifar.report.sections import sections

MARK = b'<!DOCTYPE html>\n<html lang="en" data-made-by="lrcore-report">'  # how a report of ours is known again


def render(runs: Sequence[RecordedRun]) -> str:
    """The HTML page about `runs`."""
    environment = Environment(
        loader=PackageLoader("lrcore.cifar.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"base64": lambda content: base64.b64encode(content).decode(), "svg": Markup}
    names = [run.name for run in runs]
    page = environment.get_template("page.html.jinja")
    return page.render(names=names, sections=sections(runs), version=__version__)


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
