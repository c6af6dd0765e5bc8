"""Spread and distance of lrcore's and each peer's reading, on recorded real range tests and on synthetic curves.

usage: python benchmarks/bench_suggestions.py [--folder benchmarks/range_tests]

Writes the tables into docs/suggestions.md, between its two comments, and the figure docs/suggestions.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from peer_readings import PEERS, Reading
from recorded_curves import RecordedCurve, recorded_curves
from suggestions_figure import draw
from synthetic_curves import synthetic_curve

from lrcore import suggest

HERE = Path(__file__).parent
PAGE, FIGURE = HERE.parent / "docs" / "suggestions.md", HERE.parent / "docs" / "suggestions.png"
BEGIN, END = "<!-- tables of benchmarks/bench_suggestions.py -->", "<!-- end of the tables -->"
SYNTHETIC_SEEDS = range(100)
READINGS: dict[str, Reading] = {"lrcore": lambda lrs, losses: suggest(lrs, losses).lr, **PEERS}
UPPER_BOUND: dict[str, Reading] = {"lrcore max_lr": lambda lrs, losses: suggest(lrs, losses).max_lr}

Real = list[tuple[RecordedCurve, float]]  # each real curve with log10 of what a reading gave, NaN for nothing
Columns = list[tuple[str, Callable[[str], float]]]


def log10(lr: float | None) -> float:
    return float("nan") if lr is None else float(np.log10(lr))


def on_synthetic(read: Reading) -> np.ndarray:
    """Decades from the steepest descent of each synthetic curve, NaN for no answer."""
    curves = map(synthetic_curve, SYNTHETIC_SEEDS)
    return np.array([log10(read(curve.lrs, curve.losses)) - np.log10(curve.steepest_lr) for curve in curves])


def on_real(read: Reading, curves: Iterable[RecordedCurve]) -> Real:
    return [(curve, log10(read(curve.lrs, curve.losses))) for curve in curves]


def of(name: str, real: Real) -> Real:
    """Of a configuration or, by the end of its name, several."""
    return [(curve, log_lr) for curve, log_lr in real if curve.configuration.endswith(name)]


def configurations(real: Real) -> list[str]:
    return sorted({curve.configuration for curve, _ in real})


def spread(real: Real) -> float:
    """Standard deviation over the seeds of a configuration that have an answer, at least two."""
    values = [log_lr for _, log_lr in real if np.isfinite(log_lr)]
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def mean_spread(real: Real) -> float:
    return mean([spread(of(name, real)) for name in configurations(real)])


def distances(real: Real) -> list[float]:
    """Decades from the best learning rate of the grid, NaN for no answer; those with a grid."""
    return [log_lr - log10(curve.best_lr) for curve, log_lr in real if curve.best_lr is not None]


def mean(values: Iterable[float]) -> float:
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite)) if finite else float("nan")


def unanswered(log_lrs: Iterable[float]) -> int:
    return int(np.isnan(list(log_lrs)).sum())


def summary(synthetic: Mapping[str, np.ndarray], real: Mapping[str, Real]) -> Columns:
    columns: Columns = [
        ("synthetic: median", lambda r: float(np.nanmedian(np.abs(synthetic[r])))),
        ("synthetic: 90th percentile", lambda r: float(np.nanquantile(np.abs(synthetic[r]), 0.9))),
        ("synthetic: no answer", lambda r: unanswered(synthetic[r])),
    ]
    for part in ("fresh", "trained"):
        columns += [
            (f"{part}: spread", lambda r, part=part: mean_spread(of(part, real[r]))),
            (f"{part}: distance", lambda r, part=part: mean(np.abs(distances(of(part, real[r]))))),
            (f"{part}: no answer", lambda r, part=part: unanswered(log_lr for _, log_lr in of(part, real[r]))),
        ]
    return columns


def by_configuration(real: Mapping[str, Real], value: Callable[[Real], float]) -> Columns:
    return [(name, lambda r, name=name: value(of(name, real[r]))) for name in configurations(next(iter(real.values())))]


def table(title: str, rows: Iterable[str], columns: Columns) -> str:
    """Markdown: a row per reading; the value nearest to 0 of each column is bold."""
    values = {row: [value(row) for _, value in columns] for row in rows}
    nearest = [
        min(map(abs, filter(np.isfinite, column)), default=None) for column in zip(*values.values(), strict=True)
    ]
    lines = [title, "", f"| reading | {' | '.join(name for name, _ in columns)} |", f"|---|{'---:|' * len(columns)}"]
    for row, numbers in values.items():
        cells = [cell(number, abs(number) == best) for number, best in zip(numbers, nearest, strict=True)]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(number: float, best: bool) -> str:
    text = "-" if np.isnan(number) else str(number) if isinstance(number, int) else f"{number:.2f}"
    return f"**{text}**" if best else text


def tables(synthetic: Mapping[str, np.ndarray], real: Mapping[str, Real]) -> str:
    spreads = by_configuration(real, spread)
    to_best = by_configuration(real, lambda one: mean(np.abs(distances(one))))
    return "\n\n".join(
        [
            table("Summary, in decades:", READINGS, summary(synthetic, real)),
            table("Standard deviation over the seeds, in decades:", real, spreads),
            table("Mean distance from the best learning rate of the grid, in decades:", real, to_best),
        ]
    )


def write(page: Path, text: str) -> None:
    before, rest = page.read_text().split(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=HERE / "range_tests")
    folder = parser.parse_args().folder
    curves = recorded_curves(folder)
    if not curves:
        parser.error(f"there is no range_test_*.csv in {folder}")
    synthetic = {name: on_synthetic(read) for name, read in READINGS.items()}
    real = {name: on_real(read, curves) for name, read in (READINGS | UPPER_BOUND).items()}
    text = tables(synthetic, real)
    print(text)
    write(PAGE, text)
    draw(real, FIGURE)


if __name__ == "__main__":
    main()
