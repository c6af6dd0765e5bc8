"""`lrcore demo`."""

from __future__ import annotations

from rich.table import Table

from lrcore.cifar.demo import run_demo
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.trainer import Sweep
from lrcore.cli._common import (
    BatchSize,
    Data,
    EndLr,
    Epochs,
    Model,
    NumIter,
    Out,
    Seed,
    StartLr,
    console,
    load_images,
    out_folder,
    resolve_data_path,
)
from lrcore.cli._runs import print_difference


def demo(
    data: Data = "synthetic",
    model: Model = "quick",
    epochs: Epochs = 4,
    batch_size: BatchSize = 100,
    seed: Seed = 0,
    start_lr: StartLr = 1e-5,
    end_lr: EndLr = 10.0,
    num_iter: NumIter = 100,
    out: Out = None,
) -> None:
    """Range test, bounds, cyclic training in PyTorch and in Keras, traces compared."""
    sweep = Sweep(start_lr, end_lr, num_iter)
    settings = Settings("torch", resolve_data_path(data), model, sweep.schedule(), epochs, batch_size, seed)
    folder = out_folder(out, "demo")
    result = run_demo(settings, sweep, load_images(settings.data), folder, console)
    table = Table("framework", "test accuracy", "seconds")
    for framework, outcome in result.outcomes.items():
        table.add_row(framework, f"{outcome.test.accuracy:.4f}", f"{outcome.seconds:.0f}")
    console.print(table)
    console.print(f"figures, runs and report.html: {folder}", soft_wrap=True)
    print_difference(result.difference, result.updates)
