"""The long trainings, for a machine with a GPU: `guide` for 30 epochs and `resnet9` for 24, over seeds.

    python benchmarks/cifar_gpu.py CIFAR_FOLDER [--device cuda]

`guide` follows the guide: batches of 128 with cutout, here under the one-cycle schedule that its range test gives.
`resnet9` follows cifar10-fast: batches of 512, shifts, flips and cutout, a learning rate that is linear between 0, 0.4
after five epochs, and 0; its target is 94 % test accuracy. Finished runs are kept, an interrupted one goes on.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from train_run import train_run

RECIPES = {
    "guide": ["--schedule", "auto", "--epochs", "30", "--batch-size", "128", "--cutout"],
    "resnet9": [
        *("--schedule", "one_cycle(0.4, '1dur', pct_start=0.2083, anneal_strategy='linear', div_factor=1e4)"),
        *("--epochs", "24", "--batch-size", "512", "--cutout", "--flip", "--pad-crop"),
        *("--precision", "bfloat16", "--channels-last"),
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds CIFAR-10")
    parser.add_argument("--runs", type=Path, default=Path("lrcore-runs/gpu"), help="where runs are kept")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print("| model | test accuracy, mean ± sd | of each seed | seconds |\n|---|---|---|---|")
    for model, recipe in RECIPES.items():
        options = [*recipe, "--model", model, "--data", str(arguments.data), "--device", arguments.device]
        folders = [arguments.runs / f"{model}-{seed}" for seed in range(arguments.seeds)]
        runs = [train_run(folder, [*options, "--seed", str(seed)]) for seed, folder in enumerate(folders)]
        accuracies = [run.result()["test_accuracy"] for run in runs]
        spread = statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0
        each = ", ".join(f"{accuracy:.2%}" for accuracy in accuracies)
        seconds = statistics.fmean(run.result()["seconds"] for run in runs)
        print(f"| {model} | {statistics.fmean(accuracies):.2%} ± {spread:.2%} | {each} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
