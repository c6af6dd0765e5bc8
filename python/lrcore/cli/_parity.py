"""`lrcore parity`."""

from __future__ import annotations

from typing import Annotated

import typer

from lrcore.cifar.parity import ParitySettings, run_parity
from lrcore.cifar.parity.output import print_result, save_parity
from lrcore.cifar.parity.run import run_factories
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cli._common import BatchSize, Data, Model, Out, Seed, console, load_images, out_folder
from lrcore.schedules._parser import parse_schedule


def parity(
    model: Model = "guide",
    updates: Annotated[int, typer.Option(help="How many each optimizer does.")] = 200,
    data: Data = "synthetic",
    batch_size: BatchSize = 32,
    seed: Seed = 0,
    schedule: Annotated[str, typer.Option(help="Learning rate.")] = "cyclic(1e-3, 1e-2, step_size_up=10)",
    out: Out = None,
) -> None:
    """Train alike in PyTorch and in Keras, in float64. Exit status 1 if lrcore's optimizers come apart.

    Beside them it shows how far torch.optim.SGD and keras.optimizers.SGD come apart under the same learning rates.
    """
    settings = ParitySettings(model, updates, batch_size, seed, parse_schedule(schedule))
    run_factories()  # a framework that is missing should not be found out after minutes
    images = load_images(data)
    folder = RunFolder.create(out_folder(out, "parity"), {"settings": settings.to_dict()})
    result = run_parity(settings, images, console)
    folder.write_json("parity.json", result.to_dict())
    save_parity(result, folder.path / "parity.png")
    within_limits = print_result(result, console)
    console.print(f"parity.json and parity.png: {folder.path}", soft_wrap=True)
    if not within_limits:
        raise typer.Exit(1)
