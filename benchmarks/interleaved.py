"""Medians of interleaved repeats: a disturbance of the machine falls on every candidate alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def median_times(
    candidates: Mapping[str, Callable[[], object]],
    repeats: int,
    calls: int,
    clock: Callable[[], float] = time.perf_counter,
    rest: float = 0.0,
) -> dict[str, float]:
    """Seconds per call of each candidate: the median of its `round_times`."""
    times = round_times(candidates, repeats, calls, clock, rest)
    return {name: statistics.median(samples) for name, samples in times.items()}


def round_times(
    candidates: Mapping[str, Callable[[], object]],
    repeats: int,
    calls: int,
    clock: Callable[[], float] = time.perf_counter,
    rest: float = 0.0,
) -> dict[str, list[float]]:
    """Seconds per call of each candidate in each of `repeats` rounds: the mean of `calls` calls.

    With a `rest` in seconds, each candidate finds the threads of the one before asleep: OpenMP's spin for a while after
    their work. An untimed call then fills the caches.
    """
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for call in candidates.values():
        call()  # the first call allocates
    for _ in range(repeats):
        for name, call in candidates.items():
            if rest > 0:
                time.sleep(rest)
                call()
            started = clock()
            for _ in range(calls):
                call()
            times[name].append((clock() - started) / calls)
    return times
