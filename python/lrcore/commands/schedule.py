"""`lrcore schedule`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from lrcore.cifar.figures import save_schedule
from lrcore.commands.console import console
from lrcore.expression import parse_schedule


def schedule(
    expression: Annotated[str, typer.Argument(help="E.g. 'cosine(0.1, decay_steps=100)'.")],
    steps: Annotated[int, typer.Option(min=1, help="How many updates to show; '1dur' in EXPRESSION.")] = 100,
    steps_per_epoch: Annotated[int | None, typer.Option(min=1, help="Updates per epoch; '1ep' in EXPRESSION.")] = None,
    rows: Annotated[int, typer.Option(min=2, help="How many of them to print.")] = 11,
    plot: Annotated[Path | None, typer.Option(help="Write a picture to this PNG file.")] = None,
) -> None:
    """Show a schedule as a table, and as a picture if asked."""
    chosen = parse_schedule(expression, steps_per_epoch, total_steps=steps)
    table = Table("update", "lr", title=repr(chosen))
    for step in sorted({index * (steps - 1) // (rows - 1) for index in range(rows)}):
        table.add_row(str(step), repr(chosen(step)))
    console.print(table)
    if plot is not None:
        save_schedule(chosen, steps, plot)
        console.print(f"figure: {plot}", soft_wrap=True)
