"""The comparison: two pairs of runs, each pair updated in lockstep."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from itertools import chain, count, islice

import numpy as np
import numpy.typing as npt
from rich.console import Console

from lrcore._version import __version__
from lrcore.cifar._quiet import suppress_stderr
from lrcore.cifar.data import Dataset
from lrcore.cifar.parity.result import ParityComparison, ParityResult
from lrcore.cifar.parity.settings import ParitySettings
from lrcore.cifar.parity.sides import Array, FrameworkRun, InitialState, TraceRow
from lrcore.cifar.pipeline.batches import Batches
from lrcore.cifar.pipeline.standardize import Standardise
from lrcore.cifar.training.progress import Report, report_progress
from lrcore.trace import Trace

PAIRS = ("lrcore", "stock")

Batch = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]


def run_parity(settings: ParitySettings, data: Dataset, console: Console) -> ParityResult:
    """Train alike in PyTorch and in Keras, in float64 and without dropout, and see how far they come apart.

    Each pair does the same updates from the same weights on the same batches. In the pair "lrcore" the optimizers are
    `lrcore.torch.SGD` and `lrcore.keras.SGD`, in the pair "stock" `torch.optim.SGD` and `keras.optimizers.SGD`; all
    have Nesterov momentum and coupled weight decay, and lrcore sets all learning rates. So the stock pair differs in
    nothing but Keras' velocity, which remembers the learning rates that it was made with.

    Args:
        settings: What to compare.
        data: The training images are used, in the batches that `Batches` makes, cast to float64.
        console: Where to show progress.

    Raises:
        ImportError: When a framework is not installed; the sentence names the extra.
    """
    make_torch, make_keras = run_factories()
    start = InitialState.from_settings(settings)
    pairs = {}
    for name in PAIRS:
        with report_progress(f"{name} pair", settings.updates, console) as report:
            sides = make_torch(start, name), make_keras(start, name)
            pairs[name] = _train(*sides, _batches(settings, data), report)
    return ParityResult(settings, {"source": data.source, "sha256": data.sha256}, _versions(), pairs)


def run_factories() -> tuple[Callable[[InitialState, str], FrameworkRun], Callable[[InitialState, str], FrameworkRun]]:
    """The constructors of both sides, whose frameworks are imported here and nowhere earlier.

    Raises:
        ImportError: When one is not installed; the sentence names the extra.
    """
    with suppress_stderr():
        from lrcore.cifar.parity.keras_side import KerasRun
        from lrcore.cifar.parity.torch_side import TorchRun

    return TorchRun, KerasRun


def _batches(settings: ParitySettings, data: Dataset) -> Iterator[Batch]:
    standardise = Standardise.fit(data.train_images)
    batches = Batches(data.train_images, data.train_labels, settings.batch_size, settings.seed, standardise)
    endless = chain.from_iterable(map(batches.epoch, count()))
    return ((images.astype(np.float64), labels) for images, labels in islice(endless, settings.updates))


def _train(
    torch_side: FrameworkRun, keras_side: FrameworkRun, batches: Iterable[Batch], report: Report
) -> ParityComparison:
    torch_rows, keras_rows, distances = [], [], []
    for images, labels in batches:
        torch_rows.append(torch_side.update(images, labels))
        keras_rows.append(keras_side.update(images, labels))
        distances.append(_distance(torch_side.weights(), keras_side.weights()))
        report.update(len(torch_rows), torch_rows[-1].lr, torch_rows[-1].loss)
    return ParityComparison(_trace(torch_rows), _trace(keras_rows), *np.array(distances).T)


def _distance(torch_weights: dict[str, Array], keras_weights: dict[str, Array]) -> tuple[float, float]:
    """The largest absolute difference, and the largest absolute value on PyTorch's side."""
    with np.errstate(invalid="ignore"):  # a run that diverges has infinite weights
        differences = [np.abs(torch_weights[name] - keras_weights[name]).max() for name in torch_weights]
    return float(np.max(differences)), float(np.max([np.abs(array).max() for array in torch_weights.values()]))


def _trace(rows: list[TraceRow]) -> Trace:
    return Trace(*(np.array(column) for column in zip(*rows, strict=True)))


def _versions() -> dict[str, str]:
    """Versions of lrcore and of the libraries that it has imported: the backend of Keras is the user's choice."""
    imported = [name for name in ("numpy", "torch", "keras", "tensorflow", "jax") if name in sys.modules]
    return {"lrcore": __version__} | {name: version(name) for name in imported}
