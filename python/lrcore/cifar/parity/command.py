"""The command `lrcore parity`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lrcore.cifar.data import load
from lrcore.cifar.parity.figure import save_parity
from lrcore.cifar.parity.run import run_parity, side_makers
from lrcore.cifar.parity.settings import ParitySettings
from lrcore.cifar.parity.table import tell
from lrcore.cifar.progress import DownloadLines
from lrcore.cifar.run_folder import RunFolder
from lrcore.expression import parse_schedule

console = Console(highlight=False, markup=False)  # paths may hold brackets


def parity(
    model: Annotated[str, typer.Option(help="A model by name; it is trained without its dropout.")] = "guide",
    updates: Annotated[int, typer.Option(help="How many.")] = 200,
    data: Annotated[str, typer.Option(help="synthetic, cifar10 or a folder that holds CIFAR-10.")] = "synthetic",
    batch_size: Annotated[int, typer.Option(help="Images per update.")] = 16,
    seed: Annotated[int, typer.Option(help="Keys weights and shuffles.")] = 0,
    schedule: Annotated[str, typer.Option(help="The learning rate.")] = "cyclic(1e-3, 1e-2, step_size_up=10)",
    out: Annotated[Path | None, typer.Option(help="New folder [default: lrcore-runs/parity-TIME].")] = None,
) -> None:
    """Train alike in PyTorch and in Keras, in float64. Exit status 1 if lrcore's optimizers come apart.

    Beside them it shows how far torch.optim.SGD and keras.optimizers.SGD come apart under the same learning rates.
    """
    settings = ParitySettings(model, updates, batch_size, seed, parse_schedule(schedule))
    side_makers()
    images = load(data, progress=DownloadLines(console))
    path = out if out is not None else Path("lrcore-runs") / f"parity-{time.strftime('%Y%m%d-%H%M%S')}"
    folder = RunFolder.create(path, {"settings": settings.to_dict(), "data": images.source})
    result = run_parity(settings, images, console)
    folder.write_json("parity.json", result.to_dict())
    save_parity(result, path / "parity.png")
    within_limits = tell(result, console)
    console.print(f"parity.json and parity.png: {path}", soft_wrap=True)
    if not within_limits:
        raise typer.Exit(1)
