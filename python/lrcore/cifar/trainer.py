"""What a trainer does, whichever framework it drives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from lrcore.cifar.batches import Batches
from lrcore.range_test import RangeTest
from lrcore.range_test_result import RangeTestResult
from lrcore.schedules import Exponential

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


class Update(NamedTuple):
    """One optimizer update: a row of the trace."""

    step: int
    lr: float
    read_back: float
    loss: float


@dataclass(frozen=True)
class Sweep:
    """A learning-rate range test to be done: `num_iter` updates from `start_lr` to `end_lr`, geometrically.

    Raises:
        ValueError: When the learning rates are not positive and rising, or there are fewer than two updates.
    """

    start_lr: float
    end_lr: float
    num_iter: int

    def __post_init__(self) -> None:
        RangeTest(self.start_lr, self.end_lr, self.num_iter)

    def schedule(self) -> Exponential:
        """The learning rate of each update of the sweep."""
        return Exponential(self.start_lr, self.end_lr, self.num_iter)


class Metrics(NamedTuple):
    """Mean loss and accuracy over a set of images."""

    loss: float
    accuracy: float


class Trainer(Protocol):
    """A model, its optimizer and its schedule in one framework.

    Batches are float32 images (N, 32, 32, 3) and int64 labels (N,), the same bytes for every framework.
    """

    def range_test(self, batches: Sequence[Batch], sweep: Sweep) -> RangeTestResult:
        """Do the sweep over `batches` and put everything back as it was."""

    def train_epoch(self, batches: Batches, epoch: int, on_update: Callable[[Update], None]) -> Metrics:
        """Do one update per batch of that epoch, report each, and return the epoch's mean training metrics."""

    def evaluate(self, batches: Iterable[Batch]) -> Metrics:
        """Mean metrics over `batches` in inference mode; trains nothing."""
