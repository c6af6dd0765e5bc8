"""`lrcore train`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated

import typer

from lrcore.cifar.training.divergence import Diverged
from lrcore.cifar.training.policies import Policy, parse_policy
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.train import ResumableRun, run_config
from lrcore.cifar.training.train import train as train_run
from lrcore.cli._common import (
    BatchSize,
    Data,
    Epochs,
    Framework,
    Model,
    Out,
    Seed,
    console,
    out_folder,
    prepare,
    resolve_data_path,
)

# Mistakes in a schedule are found before the data are loaded, when nobody knows yet what its units will mean.
UNITS_BEFORE_DATA = (1_000, 1_000_000)
SCHEDULE_HELP = (
    "E.g. 'cyclic(1e-3, 1e-2, step_size_up=100)', 'plateau(0.01, patience=3)', or auto: a range test decides. "
    "'2ep' is two epochs, '0.5dur' half of the run."
)


def train(
    context: typer.Context,
    schedule: Annotated[str | None, typer.Option(help=SCHEDULE_HELP)] = None,
    framework: Framework = "torch",
    data: Data = "synthetic",
    model: Model = "quick",
    epochs: Epochs = 4,
    batch_size: BatchSize = 100,
    seed: Seed = 0,
    cutout: Annotated[bool, typer.Option("--cutout", help="Erase random boxes, as the guide does.")] = False,
    flip: Annotated[bool, typer.Option("--flip", help="Mirror images at random.")] = False,
    pad_crop: Annotated[bool, typer.Option("--pad-crop", help="Shift images at random, by up to 4 pixels.")] = False,
    precision: Annotated[str, typer.Option(help="torch: float32, or bfloat16 for autocast.")] = "float32",
    channels_last: Annotated[bool, typer.Option("--channels-last", help="torch: kernels in that format too.")] = False,
    device: Annotated[str, typer.Option(help="torch: auto, cpu, cuda or mps.")] = "auto",
    reestimate_batch_norm: Annotated[
        int, typer.Option(help="Batches to measure the moving statistics on at the end.")
    ] = 0,
    on_divergence: Annotated[
        str, typer.Option(help="stop, or rollback to the last checkpoint with half the learning rate.")
    ] = "stop",
    checkpoint_every: Annotated[int, typer.Option(help="Updates between two checkpoints within an epoch.")] = 500,
    keep_checkpoints: Annotated[int, typer.Option(help="How many of the last checkpoints are kept.")] = 2,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write event files for TensorBoard.")] = False,
    cam_layer: Annotated[
        str | None, typer.Option(help="Layer that the figure of mistakes looks at; if not given, one that suits.")
    ] = None,
    cam_method: Annotated[
        str | None, typer.Option(help="gradcam or hirescam; if not given, what suits the head.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="A run folder to go on with, there or in --out; only --framework may differ.")
    ] = None,
    out: Out = None,
) -> None:
    """Train a CIFAR-10 model under a schedule and keep the trace of every update."""
    if resume is None:
        settings = _settings(context, parse_policy(_given("schedule", schedule), *UNITS_BEFORE_DATA))
        experiment, images = prepare(settings)
        steps = len(experiment.training)
        settings = replace(settings, schedule=parse_policy(_given("schedule", schedule), steps, epochs * steps))
        folder = RunFolder.create(out_folder(out, f"train-{framework}"), run_config(settings, images))
        checkpoint = None
    else:
        interrupted, settings = _interrupted(context, resume, framework)
        experiment, images = prepare(settings)
        folder, checkpoint = interrupted.continue_in(out, settings, images), interrupted.checkpoint
    with _report_interruption(folder):
        outcome = train_run(settings, experiment, folder, console, checkpoint)
    console.print(f"test accuracy {outcome.test.accuracy:.4f} after {outcome.seconds:.0f} s")
    console.print(f"run folder: {folder.path}", soft_wrap=True)


@contextmanager
def _report_interruption(folder: RunFolder) -> Iterator[None]:
    """Exit with one sentence when the run diverges, and tell how to resume it when it is interrupted."""
    try:
        yield
    except Diverged as diverged:
        print(f"lrcore: {diverged}; what was reached is in {folder.path}", file=sys.stderr)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        print(
            f"lrcore: interrupted; go on with: lrcore train --resume {shlex.quote(str(folder.path))}", file=sys.stderr
        )
        raise typer.Exit(130) from None


def _settings(context: typer.Context, policy: Policy) -> Settings:
    """The settings that the options of the same names describe."""
    options = {item.name: context.params[item.name] for item in fields(Settings) if item.name in context.params}
    return Settings(**{**options, "schedule": policy, "data": resolve_data_path(options["data"])})


def _interrupted(context: typer.Context, path: Path, framework: str) -> tuple[ResumableRun, Settings]:
    """The run to go on with, and its settings in the framework that was asked for."""
    given = [name for name in context.params if _is_given(context, name)]
    for name in given:
        if name not in ("resume", "framework", "out"):
            raise ValueError(f"--{name.replace('_', '-')} is decided by the run that --resume names: leave it out")
    interrupted = ResumableRun.open(path)
    return interrupted, interrupted.in_framework(framework if "framework" in given else None)


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _given(name: str, value: str | None) -> str:
    if value is None:
        raise ValueError(f"--{name} must be given, such as --schedule 'cyclic(1e-3, 1e-2, step_size_up=100)'")
    return value
