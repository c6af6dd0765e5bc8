"""Draws the README's picture from the folder that `lrcore demo --out FOLDER` leaves behind.

usage: python docs/range_test_and_cycle.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from matplotlib.figure import Figure

from lrcore import RangeTestResult, plot_range_test, plot_trace
from lrcore.cifar.training.run_folder import RunFolder


def main(folder: Path) -> None:
    """Two panels side by side: the range test with its bounds, and the cycle that both frameworks ran."""
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    result = RangeTestResult.from_json((folder / "range_test.json").read_text())
    plot_range_test(result, left)
    left.set_title("Range test and its bounds")
    plot_trace({name: RunFolder.open(folder / name).trace() for name in ("torch", "keras")}, right)
    right.set_title("The cycle between them, in both frameworks")
    figure.draw_without_rendering()  # the layout makes room for tick labels that it knows only after a first pass
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=150)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
