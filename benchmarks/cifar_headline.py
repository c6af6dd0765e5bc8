"""Accuracy against updates of seven learning-rate policies on real CIFAR-10: mean and spread over seeds.

    python benchmarks/cifar_headline.py CIFAR_FOLDER            (hours on two cores; may be stopped and started again)

Every run sees equally many images; a tenth of the training images is held out for the curve, and each run looks at the
test images once, at its end. Where "the finder" is named, each seed has a range test of its own, on the way of
`lrcore train --schedule auto`; its updates, 100 at most, are not counted.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from headline_figure import save_headline
from train_run import train_run

from lrcore.cifar.training.run_folder import RunFolder

BASELINE = "constant 1e-3 (Caffe)"
POLICIES = {
    BASELINE: "constant(1e-3)",
    "constant from the finder": "auto('constant')",
    "inverse time (the guide)": "inverse_time(1e-2, 0.1, decay_steps='1ep', staircase=True)",
    "step decay": "piecewise_constant(['0.8dur', '0.93dur'], [1e-2, 1e-3, 1e-4])",
    "plateau": "plateau(1e-2, factor=0.2, patience=0, threshold=0.01)",
    "cyclic from the finder": "auto('cyclic')",
    "one-cycle from the finder": "auto",
}


class Curves(NamedTuple):
    """What the seeds of one policy did.

    Args:
        updates: Updates done at the end of each epoch, shape (epochs,).
        validation: Validation accuracy, shape (seeds, epochs).
        test: Test accuracy at the end, shape (seeds,).
    """

    updates: npt.NDArray[np.int64]
    validation: npt.NDArray[np.float64]
    test: npt.NDArray[np.float64]


def main() -> None:
    arguments = parsed()
    curves = {}
    # Seed by seed, so that what there is of an unfinished benchmark is balanced.
    runs = {(seed, name): run(arguments, name, seed) for seed in range(arguments.seeds) for name in POLICIES}
    for name in POLICIES:
        curves[name] = gathered([runs[seed, name] for seed in range(arguments.seeds)])
    print(table(curves))
    save_headline(curves, BASELINE, arguments.figure)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds CIFAR-10")
    parser.add_argument("--runs", type=Path, default=Path("lrcore-runs/headline"), help="where runs are kept")
    parser.add_argument("--figure", type=Path, default=Path("docs/cifar_headline.png"))
    parser.add_argument("--model", default="quick")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3)
    return parser.parse_args()


def run(arguments: argparse.Namespace, name: str, seed: int) -> RunFolder:
    options = {
        "--schedule": POLICIES[name],
        "--data": arguments.data,
        "--model": arguments.model,
        "--epochs": arguments.epochs,
        "--batch-size": arguments.batch_size,
        "--seed": seed,
    }
    slug = "".join(letter if letter.isalnum() else "-" for letter in name)
    folder = arguments.runs / f"{arguments.model}-{arguments.epochs}-epochs" / f"{slug}-{seed}"
    return train_run(folder, [str(word) for pair in options.items() for word in pair])


def gathered(runs: list[RunFolder]) -> Curves:
    histories = [run.history() for run in runs]
    updates = len(runs[0].trace()) // len(histories[0])
    return Curves(
        updates=updates * np.arange(1, len(histories[0]) + 1),
        validation=np.array([[epoch.validation.accuracy for epoch in history] for history in histories]),
        test=np.array([run.result()["test_accuracy"] for run in runs]),
    )


def updates_to_reach(accuracy: float, curves: Curves) -> int | None:
    """The first end of an epoch at which the mean over the seeds is at least `accuracy`."""
    reached = np.flatnonzero(curves.validation.mean(axis=0) >= accuracy)
    return int(curves.updates[reached[0]]) if len(reached) else None


def table(curves: dict[str, Curves]) -> str:
    """Markdown."""
    target = float(curves[BASELINE].validation[:, -1].mean())
    total = int(curves[BASELINE].updates[-1])
    rows = [
        f"| policy | test accuracy, mean ± sd of {len(curves[BASELINE].test)} seeds | updates to {target:.1%} | part |",
        "|---|---|---|---|",
    ]
    for name, of_policy in curves.items():
        reached = updates_to_reach(target, of_policy)
        part = "-" if reached is None else f"{reached / total:.2f}"
        spread = of_policy.test.std(ddof=1) if len(of_policy.test) > 1 else float("nan")
        rows.append(f"| {name} | {of_policy.test.mean():.1%} ± {spread:.1%} | {reached or '-'} | {part} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
