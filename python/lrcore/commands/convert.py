"""`lrcore cifar convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lrcore.cifar.models.convert import convert as convert_weights
from lrcore.commands.console import console


def convert(
    source: Annotated[Path, typer.Argument(help="Weights or a checkpoint: .safetensors, .pt, .keras or .weights.h5.")],
    target: Annotated[Path, typer.Argument(help="New file; its ending says which of these formats.")],
    model: Annotated[str | None, typer.Option(help="Name of the model, where the source does not say it.")] = None,
) -> None:
    """Carry the weights of a CIFAR-10 model from one framework's file to the other's, bit for bit."""
    convert_weights(source, target, model)
    console.print(f"weights: {target}", soft_wrap=True)
