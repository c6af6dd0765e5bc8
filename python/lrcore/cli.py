"""The command line: arguments in, one call, a few lines out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lrcore.cifar.data import Dataset, load
from lrcore.cifar.demo import run_demo
from lrcore.cifar.download_progress import report_download
from lrcore.cifar.experiment import Experiment, trainer_class
from lrcore.cifar.figures import save_schedule
from lrcore.cifar.finding import find as find_lr
from lrcore.cifar.finding import save as save_range_test
from lrcore.cifar.run_folder import RunFolder
from lrcore.cifar.settings import Settings
from lrcore.cifar.trainer import Sweep
from lrcore.cifar.training import run_config
from lrcore.cifar.training import train as train_run
from lrcore.expression import parse_schedule
from lrcore.suggest import Suggestion
from lrcore.trace import Difference, first_difference

app = typer.Typer(
    help="One learning-rate engine for PyTorch and Keras.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False, markup=False)  # paths may hold brackets

Framework = Annotated[str, typer.Option(help="torch or keras.")]
Data = Annotated[str, typer.Option(help="synthetic, cifar10 (downloads) or a folder that holds CIFAR-10.")]
Model = Annotated[str, typer.Option(help="quick (116,906 weights) or guide (454,026).")]
Epochs = Annotated[int, typer.Option(help="Passes over the training images.")]
BatchSize = Annotated[int, typer.Option(help="Images per update.")]
Seed = Annotated[int, typer.Option(help="Keys weights, shuffles and cutout boxes.")]
Out = Annotated[Path | None, typer.Option(help="New folder for the results [default: lrcore-runs/NAME-TIME].")]
StartLr = Annotated[float, typer.Option(help="First learning rate of the sweep.")]
EndLr = Annotated[float, typer.Option(help="Last learning rate of the sweep.")]
NumIter = Annotated[int, typer.Option(help="Updates of the sweep.")]


@app.command()
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
    settings = Settings(framework, data, model, sweep.schedule(), 1, batch_size, seed)
    experiment, folder = _prepare(settings, _out(out, f"find-{framework}"))
    result = find_lr(experiment, framework, sweep, console)
    save_range_test(result, folder.path)
    _tell_suggestion(result.suggestion())
    console.print(f"figure: {folder.path / 'range_test.png'}", soft_wrap=True)


@app.command()
def train(
    schedule: Annotated[str, typer.Option(help="E.g. 'cyclic(1e-3, 1e-2, step_size_up=100)'.")],
    framework: Framework = "torch",
    data: Data = "synthetic",
    model: Model = "quick",
    epochs: Epochs = 4,
    batch_size: BatchSize = 100,
    seed: Seed = 0,
    cutout: Annotated[bool, typer.Option("--cutout", help="Erase random boxes, as the guide does.")] = False,
    out: Out = None,
) -> None:
    """Train a CIFAR-10 model under a schedule and keep the trace of every update."""
    settings = Settings(framework, data, model, parse_schedule(schedule), epochs, batch_size, seed, cutout=cutout)
    experiment, folder = _prepare(settings, _out(out, f"train-{framework}"))
    outcome = train_run(settings, experiment, folder, console)
    console.print(f"test accuracy {outcome.test.accuracy:.4f} after {outcome.seconds:.0f} s")
    console.print(f"run folder: {folder.path}", soft_wrap=True)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A run folder.")],
    second: Annotated[Path, typer.Argument(help="Another run folder.")],
) -> None:
    """Are the learning-rate traces of two runs equal? Exit status 1 and the first difference if not."""
    traces = [RunFolder.open(path).trace() for path in (first, second)]
    _tell_difference(first_difference(*traces), len(traces[0]))


@app.command()
def schedule(
    expression: Annotated[str, typer.Argument(help="E.g. 'cosine(0.1, decay_steps=100)'.")],
    steps: Annotated[int, typer.Option(min=1, help="How many updates to show.")] = 100,
    rows: Annotated[int, typer.Option(min=2, help="How many of them to print.")] = 11,
    plot: Annotated[Path | None, typer.Option(help="Write a picture to this PNG file.")] = None,
) -> None:
    """Show a schedule as a table, and as a picture if asked."""
    chosen = parse_schedule(expression)
    table = Table("update", "lr", title=repr(chosen))
    for step in sorted({index * (steps - 1) // (rows - 1) for index in range(rows)}):
        table.add_row(str(step), repr(chosen(step)))
    console.print(table)
    if plot is not None:
        save_schedule(chosen, steps, plot)
        console.print(f"figure: {plot}", soft_wrap=True)


@app.command()
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
    settings = Settings("torch", data, model, sweep.schedule(), epochs, batch_size, seed)
    folder = _out(out, "demo")
    result = run_demo(settings, sweep, _load(data), folder, console)
    table = Table("framework", "test accuracy", "seconds")
    for framework, outcome in result.outcomes.items():
        table.add_row(framework, f"{outcome.test.accuracy:.4f}", f"{outcome.seconds:.0f}")
    console.print(table)
    console.print(f"figures and runs: {folder}", soft_wrap=True)
    _tell_difference(result.difference, result.updates)


def _prepare(settings: Settings, out: Path) -> tuple[Experiment, RunFolder]:
    """Do all that bad input can make fail, and only then make the folder."""
    trainer_class(settings.framework)
    images = _load(settings.data)
    experiment = Experiment.prepare(settings, images)
    return experiment, RunFolder.create(out, run_config(settings, images))


def _load(data: str) -> Dataset:
    with report_download(console) as report:
        images = load(data, report=report)
    if images.synthetic:
        console.print(
            "NOTE: synthetic images, not CIFAR-10: accuracies say nothing about CIFAR-10.", style="bold yellow"
        )
    console.print(
        f"data: {images.source}, {len(images.train_labels)} + {len(images.test_labels)} images", soft_wrap=True
    )
    return images


def _out(chosen: Path | None, name: str) -> Path:
    return chosen if chosen is not None else Path("lrcore-runs") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"


def _tell_suggestion(found: Suggestion) -> None:
    """Print the learning rates that a range test gave, and why it gave no others."""
    lrs = {"lr": found.lr, "base_lr": found.base_lr, "max_lr": found.max_lr}
    known = [f"{name} {lr:.3g}" for name, lr in lrs.items() if lr is not None]
    missing = [name for name, lr in lrs.items() if lr is None]
    if known:
        console.print(", ".join(known))
    if missing:
        console.print(f"no {', '.join(missing)}: {found.reason}")


def _tell_difference(difference: Difference | None, updates: int) -> None:
    if difference is not None:
        console.print(f"traces differ: {difference.reason}")
        raise typer.Exit(1)
    console.print(f"traces equal: {updates} updates")
