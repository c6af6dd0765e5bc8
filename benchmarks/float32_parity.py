"""The same training in both frameworks in float32: learning rates bit-equal, accuracies within the spread over seeds.

usage: python benchmarks/float32_parity.py CIFAR10_FOLDER --out FOLDER [--seeds 3] [--epochs 4] [--batch-size 100]

Runs `lrcore train` for the model `quick` once per seed and framework. Finished runs in FOLDER are kept, so that a
benchmark that was interrupted goes on. The exit status is 1 when traces differ, or when the mean accuracies of the
frameworks differ by more than the standard deviation over seeds. With 10,000 images a minute or two per run.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lrcore.cifar.run_folder import RunFolder
from lrcore.trace import first_difference

FRAMEWORKS = ("torch", "keras")
SCHEDULE = "cyclic(2.5e-3, 1e-2, step_size_up=45)"


def run(folder: Path, framework: str, seed: int, arguments: argparse.Namespace) -> None:
    if (folder / "result.json").exists():
        print(f"kept: {folder}", flush=True)
        return
    shutil.rmtree(folder, ignore_errors=True)  # what an interrupted run left
    options = {
        "schedule": arguments.schedule,
        "framework": framework,
        "data": arguments.data,
        "model": "quick",
        "epochs": arguments.epochs,
        "batch-size": arguments.batch_size,
        "seed": seed,
        "out": folder,
    }
    command = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    subprocess.run([sys.executable, "-m", "lrcore", "train", *command], check=True)


def accuracy(folder: Path) -> float:
    return float(json.loads((folder / "result.json").read_text())["test_accuracy"])


def traces(folders: dict[str, Path]) -> str:
    """What the traces of one seed show, in a phrase."""
    torch_trace, keras_trace = (RunFolder.open(folders[framework]).trace() for framework in FRAMEWORKS)
    difference = first_difference(torch_trace, keras_trace)
    return f"{len(torch_trace)} bit-equal" if difference is None else f"differ: {difference.reason}"


def spread(accuracies: dict[str, list[float]]) -> float:
    """The standard deviation over seeds, pooled over the frameworks."""
    return math.sqrt(statistics.fmean(statistics.variance(values) for values in accuracies.values()))


def tell(found: list[str], accuracies: dict[str, list[float]], console: Console) -> bool:
    """Print the table and the verdict; give whether traces and accuracies agree."""
    table = Table("seed", *FRAMEWORKS, "difference", "lr traces", title="test accuracy, quick, float32")
    for seed, (phrase, *pair) in enumerate(zip(found, *accuracies.values(), strict=True)):
        table.add_row(str(seed), *(f"{value:.4f}" for value in pair), f"{pair[1] - pair[0]:+.4f}", phrase)
    means = [statistics.fmean(values) for values in accuracies.values()]
    deviations = [statistics.stdev(values) for values in accuracies.values()]
    table.add_section()
    table.add_row("mean", *(f"{mean:.4f}" for mean in means), f"{means[1] - means[0]:+.4f}", "")
    table.add_row("standard deviation", *(f"{deviation:.4f}" for deviation in deviations), "", "")
    console.print(table)
    within = abs(means[1] - means[0]) <= spread(accuracies)
    console.print(f"difference of the means {'within' if within else 'over'} the spread {spread(accuracies):.4f}")
    return within and all(phrase.endswith("bit-equal") for phrase in found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder that holds CIFAR-10")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs, new or of the same benchmark")
    parser.add_argument("--seeds", type=int, default=3, help="at least 2")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--schedule", default=SCHEDULE)
    arguments = parser.parse_args()
    found: list[str] = []
    accuracies: dict[str, list[float]] = {framework: [] for framework in FRAMEWORKS}
    for seed in range(arguments.seeds):
        folders = {framework: arguments.out / f"{framework}-{seed}" for framework in FRAMEWORKS}
        for framework, folder in folders.items():
            run(folder, framework, seed, arguments)
            accuracies[framework].append(accuracy(folder))
        found.append(traces(folders))
    return 0 if tell(found, accuracies, Console()) else 1


if __name__ == "__main__":
    sys.exit(main())
