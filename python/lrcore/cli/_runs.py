"""`lrcore compare`, `lrcore report` and `lrcore cifar convert`: commands on finished runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lrcore.cifar.models.conversion import convert as convert_weights
from lrcore.cifar.report import write_report
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cli._common import console
from lrcore.trace import Difference, first_difference


def compare(
    first: Annotated[Path, typer.Argument(help="A run folder.")],
    second: Annotated[Path, typer.Argument(help="Another run folder.")],
) -> None:
    """Are the learning-rate traces of two runs equal? Exit status 1 and the first difference if not."""
    traces = [RunFolder.open(path).trace() for path in (first, second)]
    print_difference(first_difference(*traces), len(traces[0]))


def print_difference(difference: Difference | None, updates: int) -> None:
    """Print whether two traces are equal; exit status 1 if not."""
    if difference is not None:
        console.print(f"traces differ: {difference.reason}")
        raise typer.Exit(1)
    console.print(f"traces equal: {updates} updates")


def convert(
    source: Annotated[Path, typer.Argument(help="Weights or a checkpoint: .safetensors, .pt, .keras or .weights.h5.")],
    target: Annotated[Path, typer.Argument(help="New file; its ending says which of these formats.")],
    model: Annotated[str | None, typer.Option(help="Name of the model, where the source does not say it.")] = None,
) -> None:
    """Carry the weights of a CIFAR-10 model from one framework's file to the other's, bit for bit."""
    convert_weights(source, target, model)
    console.print(f"weights: {target}", soft_wrap=True)


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
