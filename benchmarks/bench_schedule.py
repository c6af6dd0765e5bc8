"""Schedules in the core: a million values beside the same closed form in NumPy, and the time of one call.

usage: python benchmarks/bench_schedule.py
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from interleaved import median_times
from rich.console import Console
from rich.table import Table

import lrcore

STEPS = 1_000_000
Values = Callable[[], np.ndarray]


def numpy_cyclic(base_lr: float, max_lr: float, up: int) -> np.ndarray:
    """The triangle in vectorised NumPy."""
    position = np.arange(STEPS) % (2 * up)
    return base_lr + (max_lr - base_lr) * (np.minimum(position, 2 * up - position) / up)


def numpy_one_cycle(max_lr: float) -> np.ndarray:
    """The cycle in vectorised NumPy, with the defaults of `OneCycle`: each phase in place."""
    first, last, top = max_lr / 25, max_lr / 25 / 1e4, 0.3 * STEPS - 1
    step, joint = np.arange(STEPS), int(top) + 1
    rise = np.sin(np.pi / 2 * step[:joint] / top) ** 2
    fall = np.sin(np.pi / 2 * (STEPS - 1 - step[joint:]) / (STEPS - 1 - top)) ** 2
    return np.concatenate([first + (max_lr - first) * rise, last + (max_lr - last) * fall])


def numpy_cosine(base_lr: float) -> np.ndarray:
    """The half cosine in vectorised NumPy, in its exact form."""
    return base_lr * np.sin(np.pi / 2 * (STEPS - np.arange(STEPS)) / STEPS) ** 2


def schedules() -> dict[str, tuple[lrcore.Schedule, Values]]:
    """Each schedule with its values in NumPy."""
    return {
        "cyclic": (lrcore.Cyclic(1e-3, 1e-2, 2000), lambda: numpy_cyclic(1e-3, 1e-2, 2000)),
        "one-cycle": (lrcore.OneCycle(0.1, STEPS), lambda: numpy_one_cycle(0.1)),
        "cosine": (lrcore.Cosine(0.1, STEPS), lambda: numpy_cosine(0.1)),
    }


def values_table() -> Table:
    """Nanoseconds per value."""
    table = Table("", "lrcore", "NumPy", "times faster", title=f"values of {STEPS:,} steps: ns per value, medians")
    for label, (schedule, in_numpy) in schedules().items():
        np.testing.assert_allclose(schedule.values(0, STEPS), in_numpy(), rtol=1e-9)
        candidates = {"lrcore": lambda schedule=schedule: schedule.values(0, STEPS), "NumPy": in_numpy}
        ours, theirs = (seconds / STEPS * 1e9 for seconds in median_times(candidates, repeats=15, calls=1).values())
        table.add_row(label, f"{ours:.2f}", f"{theirs:.1f}", f"{theirs / ours:.1f}")
    return table


def calls_table() -> Table:
    """Nanoseconds per call, the loop included."""
    table = Table("", "core", "core, step 1e6", "public", title="schedule(step): ns per call, medians")
    for label, (schedule, _) in schedules().items():
        core = schedule._core_schedule
        candidates = {
            "core": lambda core=core: [core.value(12345) for _ in range(1000)],
            "far": lambda core=core: [core.value(1_000_000) for _ in range(1000)],
            "public": lambda schedule=schedule: [schedule(12345) for _ in range(1000)],
        }
        times = median_times(candidates, repeats=25, calls=20)
        table.add_row(label, *(f"{seconds * 1e6:.0f}" for seconds in times.values()))
    return table


def main() -> None:
    """Print both tables."""
    console = Console()
    console.print(values_table())
    console.print(calls_table())


if __name__ == "__main__":
    main()
