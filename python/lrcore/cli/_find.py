"""`lrcore find`."""

from __future__ import annotations

from lrcore.cifar.training.range_test import find as find_lr
from lrcore.cifar.training.range_test import save
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.train import run_config
from lrcore.cifar.training.trainer import Sweep
from lrcore.cli._common import (
    BatchSize,
    Data,
    EndLr,
    Framework,
    Model,
    NumIter,
    Out,
    Seed,
    StartLr,
    console,
    out_folder,
    prepare,
    resolve_data_path,
)
from lrcore.suggestions._steepest_descent import Suggestion


def find(
    framework: Framework = "torch",
    data: Data = "synthetic",
    model: Model = "quick",
    batch_size: BatchSize = 100,
    seed: Seed = 0,
    start_lr: StartLr = 1e-5,
    end_lr: EndLr = 10.0,
    num_iter: NumIter = 100,
    out: Out = None,
) -> None:
    """Run a learning-rate range test and say which learning rates it suggests."""
    sweep = Sweep(start_lr, end_lr, num_iter)
    settings = Settings(framework, resolve_data_path(data), model, sweep.schedule(), 1, batch_size, seed)
    experiment, images = prepare(settings)
    folder = RunFolder.create(out_folder(out, f"find-{framework}"), run_config(settings, images))
    result = find_lr(experiment, settings, sweep, console)
    save(result, folder.path)
    print_suggestion(result.suggestion())
    console.print(f"figure: {folder.path / 'range_test.png'}", soft_wrap=True)


def print_suggestion(found: Suggestion) -> None:
    """Print the learning rates that a range test gave, and why it gave no others."""
    lrs = {"lr": found.lr, "base_lr": found.base_lr, "max_lr": found.max_lr}
    known = [f"{name} {lr:.3g}" for name, lr in lrs.items() if lr is not None]
    missing = [name for name, lr in lrs.items() if lr is None]
    if known:
        console.print(", ".join(known))
    if missing:
        console.print(f"no {', '.join(missing)}: {found.reason}")
