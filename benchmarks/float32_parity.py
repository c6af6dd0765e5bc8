"""The same training in both frameworks in float32: learning rates bit-equal, accuracies within the spread over seeds.

usage: python benchmarks/float32_parity.py CIFAR_FOLDER FOLDER [--seeds 3] [--epochs 4] [--batch-size 100]

Runs `lrcore train` for the model `quick` in both frameworks, once per seed; what is finished in FOLDER is not done
again. The exit status is 1 when traces differ, or when the mean test accuracies differ by more than the standard
deviation over seeds, pooled over the frameworks. With 10,000 images half a minute per run on one core.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from train_run import train_run

from lrcore import first_difference
from lrcore.cifar.training.run_folder import RunFolder

FRAMEWORKS = ("torch", "keras")
SCHEDULE = "cyclic(2.5e-3, 1e-2, step_size_up='1ep')"


class Accuracies(NamedTuple):
    """Test accuracies of one framework, one for each seed."""

    values: list[float]

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def deviation(self) -> float:
        return statistics.stdev(self.values)


def runs_of_seed(seed: int, arguments: argparse.Namespace) -> dict[str, RunFolder]:
    """The finished runs of both frameworks."""
    options = {"schedule": SCHEDULE, "data": arguments.data, "model": "quick", "epochs": arguments.epochs}
    options |= {"batch-size": arguments.batch_size, "seed": seed}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return {
        framework: train_run(arguments.folder / f"{framework}-{seed}", [*words, "--framework", framework])
        for framework in FRAMEWORKS
    }


def traces(runs: Mapping[str, RunFolder]) -> str:
    """How the learning rates of the two runs of a seed compare, in a phrase."""
    torch_trace, keras_trace = (runs[framework].trace() for framework in FRAMEWORKS)
    difference = first_difference(torch_trace, keras_trace)
    return f"{len(torch_trace)} bit-equal" if difference is None else difference.reason


def accuracies(seeds: list[dict[str, RunFolder]], framework: str) -> Accuracies:
    return Accuracies([runs[framework].result()["test_accuracy"] for runs in seeds])


def print_table(seeds: list[dict[str, RunFolder]], console: Console) -> None:
    ours, theirs = (accuracies(seeds, framework) for framework in FRAMEWORKS)
    table = Table("seed", *FRAMEWORKS, "difference", "lr traces", title="quick in float32, test accuracy")
    for seed, (a, b, runs) in enumerate(zip(ours.values, theirs.values, seeds, strict=True)):
        table.add_row(str(seed), f"{a:.4f}", f"{b:.4f}", f"{b - a:+.4f}", traces(runs))
    table.add_section()
    table.add_row("mean", f"{ours.mean:.4f}", f"{theirs.mean:.4f}", f"{theirs.mean - ours.mean:+.4f}")
    table.add_row("standard deviation", f"{ours.deviation:.4f}", f"{theirs.deviation:.4f}")
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder that holds CIFAR-10")
    parser.add_argument("folder", type=Path, help="for the runs")
    parser.add_argument("--seeds", type=int, default=3, help="at least 2")
    parser.add_argument("--epochs", type=int, default=4, help="an even number ends a cycle")
    parser.add_argument("--batch-size", type=int, default=100)
    arguments = parser.parse_args()
    console = Console()
    seeds = [runs_of_seed(seed, arguments) for seed in range(arguments.seeds)]
    print_table(seeds, console)
    ours, theirs = (accuracies(seeds, framework) for framework in FRAMEWORKS)
    difference, spread = abs(ours.mean - theirs.mean), math.hypot(ours.deviation, theirs.deviation) / math.sqrt(2)
    console.print(f"difference of the means {difference:.4f}, spread over seeds {spread:.4f}")
    return 0 if difference <= spread and all(traces(runs).endswith("bit-equal") for runs in seeds) else 1


if __name__ == "__main__":
    sys.exit(main())
