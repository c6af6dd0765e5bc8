"""What a trainer costs beside the bare step of its framework: wall time of an update, both models, both frameworks.

    python benchmarks/bench_trainer.py CIFAR_FOLDER

Bare is forward, loss, backward and the same optimizer on one batch that lies ready, in a loop that does nothing else;
in Keras it is the compiled training step, called on tensors. The trainer's update comes with all that `lrcore train`
does: batches made from images in a thread, learning rate, loss and accuracy of the batch, trace, log, divergence
guard, progress. Blocks of updates of both take turns; the ratio is the median of those of neighbouring blocks. What a
trainer needs to begin with a block (Keras' `fit` sets up its data anew) it needs once an epoch in a real run: it is
counted as that, a part for each update of an epoch of 45,000 images.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, count, islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lrcore import Constant
from lrcore.cifar.data import Dataset, load
from lrcore.cifar.pipeline.batches import Batch, prefetch
from lrcore.cifar.training.experiment import Experiment
from lrcore.cifar.training.progress import report_progress
from lrcore.cifar.training.records import Records
from lrcore.cifar.training.run import Run
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cifar.training.settings import FRAMEWORKS, Settings
from lrcore.cifar.training.trainer import Update

UPDATES = {"quick": 30, "guide": 6}  # of a block: one to two seconds
BATCH_SIZE = 100

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder that holds CIFAR-10")
    parser.add_argument("--blocks", type=int, default=21)
    parser.add_argument("--models", nargs="+", default=list(UPDATES))
    parser.add_argument("--frameworks", nargs="+", default=list(FRAMEWORKS))
    arguments = parser.parse_args()
    data = load(arguments.data)
    table = Table("model", "framework", "bare, ms", "trainer, ms", "ratio")
    for model in arguments.models:
        for framework in arguments.frameworks:
            table.add_row(model, framework, *measured(data, model, framework, arguments.blocks))
    Console().print(table)


def measured(data: Dataset, model: str, framework: str, blocks: int) -> tuple[str, str, str]:
    """Milliseconds an update, bare and in the trainer, and their ratio."""
    settings = Settings(framework, "benchmark", model, Constant(1e-3), 1000, BATCH_SIZE, 0, checkpoint_every=10**9)
    experiment, updates = Experiment.prepare(settings, data), UPDATES[model]
    batch = experiment.training.batch(0, 0)
    times: dict[str, list[float]] = {"bare": [], "trainer": []}
    with trained(settings, experiment, updates) as train_block:
        step = BARE[framework](settings, experiment, batch)
        for block in range(blocks + 1):  # the first allocates and compiles
            started = time.perf_counter()
            for _ in range(updates):
                step()
            bare_seconds = (time.perf_counter() - started) / updates
            trainer_seconds = train_block()
            if block > 0:
                times["bare"].append(bare_seconds)
                times["trainer"].append(trainer_seconds)
    ratios = [trainer / bare for trainer, bare in zip(times["trainer"], times["bare"], strict=True)]
    bare, trainer = (f"{1e3 * statistics.median(times[name]):.1f}" for name in ("bare", "trainer"))
    return bare, trainer, f"{statistics.median(ratios):.3f}"


@contextmanager
def trained(settings: Settings, experiment: Experiment, updates: int) -> Iterator[Callable[[], float]]:
    """A function that does one block of updates as `lrcore train` does them and returns the seconds of one."""
    batches = chain.from_iterable(experiment.training.epoch(epoch) for epoch in count())
    with (
        tempfile.TemporaryDirectory() as folder,
        Records(RunFolder(Path(folder))) as records,
        report_progress(settings.framework, 10**6, Console(file=io.StringIO())) as report,
    ):
        run = Run(settings, experiment, RunFolder(Path(folder)), records, report)
        run.trainer.follow(settings.schedule, 0)

        def train_block() -> float:
            ends = []

            def take(update: Update) -> None:
                run.on_update(update)
                ends.append(time.perf_counter())

            started = time.perf_counter()
            with prefetch(islice(batches, updates)) as ahead:
                run.trainer.train(ahead, updates, take)
            seconds = (ends[-1] - ends[0]) / (updates - 1)
            beginning = time.perf_counter() - started - updates * seconds
            return seconds + beginning / len(experiment.training)

        yield train_block


def bare_torch(settings: Settings, experiment: Experiment, batch: Batch) -> Callable[[], object]:
    import torch
    from torch.nn import functional

    from lrcore.cifar.models.torch_model import build_torch_model, parameter_groups
    from lrcore.torch import SGD

    model = build_torch_model(experiment.spec, experiment.weights).train()
    optimizer = SGD(parameter_groups(model, experiment.spec), lr=1e-3, momentum=settings.momentum, nesterov=True)
    images, labels = torch.from_numpy(batch[0]).permute(0, 3, 1, 2), torch.from_numpy(batch[1])

    def step() -> None:
        optimizer.zero_grad()
        functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    return step


def bare_keras(settings: Settings, experiment: Experiment, batch: Batch) -> Callable[[], object]:
    import keras
    import tensorflow as tf

    from lrcore.cifar.models.keras_model import build_keras_model, undecayed_variables
    from lrcore.keras import SGD

    spec = experiment.spec
    model = build_keras_model(spec, experiment.weights)
    optimizer = SGD(1e-3, momentum=settings.momentum, weight_decay=spec.weight_decay, nesterov=True)
    optimizer.exclude_from_weight_decay(var_list=undecayed_variables(model, spec))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=False)
    images, labels = (tf.constant(array) for array in batch)
    train_step = tf.function(lambda: model.train_step((images, labels)))
    return lambda: float(train_step()["loss"])


BARE = {"torch": bare_torch, "keras": bare_keras}


if __name__ == "__main__":
    main()
