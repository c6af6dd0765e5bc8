"""The demo: range test, bounds, cyclic training in both frameworks, traces compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from lrcore.cifar.data import Dataset
from lrcore.cifar.report import write_report
from lrcore.cifar.training.experiment import Experiment, trainer_class
from lrcore.cifar.training.figures import save_history, save_trace
from lrcore.cifar.training.policies import Auto
from lrcore.cifar.training.range_test import find, save
from lrcore.cifar.training.results import Outcome
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cifar.training.settings import FRAMEWORKS, Settings
from lrcore.cifar.training.train import run_config, train
from lrcore.cifar.training.trainer import Sweep
from lrcore.suggestions._steepest_descent import Suggestion
from lrcore.trace import Difference, first_difference


@dataclass(frozen=True)
class DemoResult:
    """Result of the demo: bounds, the outcome in each framework, and whether the traces differ."""

    suggestion: Suggestion
    outcomes: dict[str, Outcome]
    updates: int
    difference: Difference | None


def run_demo(settings: Settings, sweep: Sweep, data: Dataset, out: Path, console: Console) -> DemoResult:
    """Find the bounds once, train in each framework with the same batches and weights, compare the traces.

    `settings.framework` and `settings.schedule` are replaced: the demo chooses both.

    Raises:
        ValueError: When the range test found no bounds; the sentence says why.
    """
    for framework in FRAMEWORKS:
        trainer_class(framework)  # one that is missing should not be found out after minutes of training
    experiment = Experiment.prepare(settings, data)
    folder = RunFolder.create(out, run_config(settings, data))
    result = find(experiment, settings, sweep, console)
    save(result, folder.path)
    schedule = Auto("cyclic").schedule(result, settings.epochs * len(experiment.training), settings.epochs)
    console.print(f"schedule: {schedule!r}", soft_wrap=True)
    outcomes, folders = {}, {}
    for framework in FRAMEWORKS:
        chosen = replace(settings, framework=framework, schedule=schedule)
        folders[framework] = RunFolder.create(out / framework, run_config(chosen, data))
        save(result, folders[framework].path)
        outcomes[framework] = train(chosen, experiment, folders[framework], console)
    write_report([folder.path for folder in folders.values()], out / "report.html")
    return _compare(result.suggestion(), outcomes, folders, out)


def _compare(
    suggestion: Suggestion, outcomes: dict[str, Outcome], folders: dict[str, RunFolder], out: Path
) -> DemoResult:
    traces = {framework: folder.trace() for framework, folder in folders.items()}
    save_trace(traces, out / "lr_traces.png")
    save_history({framework: outcome.history for framework, outcome in outcomes.items()}, out / "history.png")
    torch_trace, keras_trace = (traces[framework] for framework in FRAMEWORKS)
    return DemoResult(suggestion, outcomes, len(torch_trace), first_difference(torch_trace, keras_trace))
