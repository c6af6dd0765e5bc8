"""`lrcore report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lrcore.cifar.report import write_report
from lrcore.commands.console import console


def report(
    runs: Annotated[list[Path], typer.Argument(help="Run folders; the others are compared with the first.")],
    out: Annotated[
        Path | None,
        typer.Option(help="HTML file; if not given, report.html in the run folder, or here for several."),
    ] = None,
) -> None:
    """Write one self-contained HTML page about one run or several."""
    folder = runs[0] if len(runs) == 1 else Path()
    written = write_report(runs, folder / "report.html" if out is None else out)
    console.print(f"report: {written}", soft_wrap=True)
