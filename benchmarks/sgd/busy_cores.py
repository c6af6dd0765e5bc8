"""The step while another process wants each core."""

from __future__ import annotations

import multiprocessing
import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier

from interleaved import round_times

from sgd.sizes import GUIDE, REST
from sgd.table import Row
from sgd.torch_optimizers import steps


def rows() -> list[Row]:
    with competing_processes():
        # So many calls in a row that each round holds its share of the time slices that go to the others: most single
        # steps see nothing of them, and a few have all of the loss.
        times = round_times(steps(GUIDE), repeats=15, calls=200, rest=REST)
    medians = {name: statistics.median(rounds) for name, rounds in times.items()}
    means = ", ".join(f"{name} {statistics.mean(rounds) * 1e6:,.0f}" for name, rounds in times.items())
    return [Row(GUIDE.label, medians, {"fused": 3.0}, f"means of all steps: {means}")]


@contextmanager
def competing_processes() -> Iterator[None]:
    """As many busy processes as there are cores."""
    context = multiprocessing.get_context("spawn")
    cores = len(os.sched_getaffinity(0))
    begun = context.Barrier(cores + 1)
    processes = [context.Process(target=compete, args=(begun,), daemon=True) for _ in range(cores)]
    for process in processes:
        process.start()
    begun.wait()
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
            process.join()


def compete(begun: Barrier) -> None:
    begun.wait()
    while True:
        pass
