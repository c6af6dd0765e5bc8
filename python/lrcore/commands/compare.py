"""`lrcore compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lrcore.cifar.run_folder import RunFolder
from lrcore.commands.console import console
from lrcore.trace import Difference, first_difference


def compare(
    first: Annotated[Path, typer.Argument(help="A run folder.")],
    second: Annotated[Path, typer.Argument(help="Another run folder.")],
) -> None:
    """Are the learning-rate traces of two runs equal? Exit status 1 and the first difference if not."""
    traces = [RunFolder.open(path).trace() for path in (first, second)]
    tell_difference(first_difference(*traces), len(traces[0]))


def tell_difference(difference: Difference | None, updates: int) -> None:
    """Print whether two traces are equal; exit status 1 if not."""
    if difference is not None:
        console.print(f"traces differ: {difference.reason}")
        raise typer.Exit(1)
    console.print(f"traces equal: {updates} updates")
