"""The step while another process wants each core."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier

from interleaved import median_times

from sgd.sizes import GUIDE
from sgd.table import Row
from sgd.torch_optimizers import steps


def rows() -> list[Row]:
    candidates = steps(GUIDE)
    with competing_processes():
        seconds = median_times(candidates, repeats=21, calls=5)
    return [Row(GUIDE.label, seconds, {"fused": 3.0})]


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
