"""`lrcore schedule`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from lrcore.cifar.training.figures import save_schedule
from lrcore.cli._common import console
from lrcore.schedules import Schedule
from lrcore.schedules._parser import parse_schedule


def schedule(
    expression: Annotated[str, typer.Argument(help="E.g. 'cosine(0.1, decay_steps=100)'.")],
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            "--total-steps",
            min=1,
            help="How many updates to show; '1dur' in EXPRESSION. As many as the schedule lasts if not given.",
        ),
    ] = None,
    steps_per_epoch: Annotated[int | None, typer.Option(min=1, help="Updates per epoch; '1ep' in EXPRESSION.")] = None,
    rows: Annotated[int, typer.Option(min=2, help="How many of them to print.")] = 11,
    plot: Annotated[Path | None, typer.Option(help="Write a picture to this PNG file.")] = None,
) -> None:
    """Show a schedule in words, as a table, and as a picture if asked."""
    if plot is not None and plot.suffix.lower() != ".png":
        raise ValueError(f"--plot must name a .png file, but got '{plot}'")
    chosen = parse_schedule(expression, steps_per_epoch, total_steps=steps)
    if plot is not None:
        save_schedule(chosen, steps, plot, steps_per_epoch)
    console.print(chosen.describe(steps), soft_wrap=True)
    console.print(_table(chosen, chosen.course().stop(0, steps), steps_per_epoch, rows))
    if plot is not None:
        console.print(f"figure: {plot}", soft_wrap=True)


def _table(schedule: Schedule, stop: int, steps_per_epoch: int | None, rows: int) -> Table:
    table = Table("update", *([] if steps_per_epoch is None else ["epoch"]), "lr")
    rows = min(rows, stop)
    for step in (index * (stop - 1) // max(rows - 1, 1) for index in range(rows)):
        epoch = [] if steps_per_epoch is None else [f"{step / steps_per_epoch:.2f}"]
        table.add_row(str(step), *epoch, repr(schedule(step)))
    return table
