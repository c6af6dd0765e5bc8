"""What the batches of a run cost beside an update of `quick` in PyTorch, and what is left of it in a training loop.

usage: python benchmarks/bench_batches.py

The images are noise: no time depends on them.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable

import numpy as np
import torch
from interleaved import median_times
from rich.console import Console
from rich.table import Table

from lrcore import Constant
from lrcore.cifar.models import MODELS, initial_weights
from lrcore.cifar.pipeline.augment import Flip, PadCrop
from lrcore.cifar.pipeline.batches import Batch, Batches, prefetch
from lrcore.cifar.pipeline.cutout import Cutout
from lrcore.cifar.pipeline.standardize import Standardise
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.torch_trainer import TorchTrainer

IMAGES = np.random.default_rng(0).integers(0, 256, (45_000, 32, 32, 3), dtype=np.uint8)
LABELS = np.arange(len(IMAGES)) % 10
STANDARDISE = Standardise.fit(IMAGES)
NOISE = {"v_l": -2.0, "v_h": 2.0}
CUTOUTS = {
    "cutout": Cutout(**NOISE),
    "cutout, pixel level": Cutout(**NOISE, pixel_level=True),
    "cutout, pixel level, compat='guide'": Cutout(**NOISE, pixel_level=True, compat="guide"),
}
EVERY_OPTION = "pad-crop, flip and cutout, pixel level"
UPDATES = 20


def batches(cutout: Cutout | None = None, augment: tuple[Flip | PadCrop, ...] = ()) -> Batches:
    return Batches(IMAGES, LABELS, 100, 0, STANDARDISE, cutout, augment)


OPTIONS = {
    "plain": batches(),
    "flip": batches(augment=(Flip(),)),
    "pad-crop": batches(augment=(PadCrop(),)),
    **{name: batches(cutout) for name, cutout in CUTOUTS.items()},
    EVERY_OPTION: batches(CUTOUTS["cutout, pixel level"], (PadCrop(), Flip())),
}


def one_by_one(some: Batches) -> Callable[[], Batch]:
    """A call that makes the next batch, epoch after epoch."""
    stream = itertools.chain.from_iterable(map(some.epoch, itertools.count()))
    return lambda: next(stream)


class Training:
    """Updates of `quick` on batches of every option that lie ready, are made in the loop, or are made in a thread."""

    def __init__(self) -> None:
        settings = Settings("torch", "noise", "quick", Constant(1e-6), epochs=1, batch_size=100, seed=0, device="cpu")
        self._trainer = TorchTrainer(MODELS["quick"], initial_weights(MODELS["quick"], 0), settings)
        self._trainer.follow(Constant(1e-6), 0)
        self._batches = OPTIONS[EVERY_OPTION]
        self._ready = list(itertools.islice(self._batches.epoch(0), UPDATES))

    def one_update(self) -> None:
        self._train(self._ready[:1])

    def ready(self) -> None:
        self._train(self._ready)

    def in_the_loop(self) -> None:
        self._train(itertools.islice(self._batches.epoch(0), UPDATES))

    def prefetched(self) -> None:
        with prefetch(self._batches.epoch(0)) as ahead:
            self._train(itertools.islice(ahead, UPDATES))

    def _train(self, some: Iterable[Batch]) -> None:
        self._trainer.train(some, UPDATES, lambda update: None)


def cost_of_batches(training: Training) -> Table:
    """CPU seconds: nothing runs beside."""
    torch.set_num_threads(1)
    makers = {name: one_by_one(some) for name, some in OPTIONS.items()}
    candidates = {**makers, "update": training.one_update}
    *times, update = median_times(candidates, repeats=15, calls=10, clock=time.process_time).values()
    title = f"CPU time, one thread; an update of quick takes {update * 1e3:.1f} ms"
    table = Table("a batch of 100", "ms", "% of an update", title=title)
    for name, seconds in zip(makers, times, strict=True):
        table.add_row(name, f"{seconds * 1e3:.3f}", f"{100 * seconds / update:.2f}")
    return table


def cost_of_loops(training: Training) -> Table:
    """Wall time, and what the training thread itself spends: a thread beside it needs a core that is free."""
    table = Table("of a loop, every option", "ready", "made in the loop", "prefetched", title="ms an update of quick")
    candidates = {"ready": training.ready, "in the loop": training.in_the_loop, "prefetched": training.prefetched}
    rows = (
        ("wall, one thread of PyTorch", 1, time.perf_counter),
        ("wall, two threads of PyTorch", 2, time.perf_counter),
        ("CPU of the training thread", 1, time.thread_time),
    )
    for name, threads, clock in rows:
        torch.set_num_threads(threads)
        times = median_times(candidates, repeats=9, calls=1, clock=clock).values()
        table.add_row(name, *(f"{seconds / UPDATES * 1e3:.1f}" for seconds in times))
    return table


def main() -> None:
    """Print both tables."""
    training = Training()
    console = Console(width=100)
    console.print(cost_of_batches(training), cost_of_loops(training))


if __name__ == "__main__":
    main()
