"""The PyTorch trainer: plain loop, lrcore's optimizer, scheduler and finder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from lrcore.cifar.batches import Batches
from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.models.torch_model import build_torch_model, parameter_groups
from lrcore.cifar.trainer import Batch, Metrics, Sweep, Update
from lrcore.range_test_result import RangeTestResult
from lrcore.schedules import Schedule
from lrcore.torch import SGD, LRFinder, Scheduler


class TorchTrainer:
    """Trains a CIFAR model with SGD-Nesterov under `schedule`; see `lrcore.cifar.trainer.Trainer`."""

    def __init__(
        self,
        spec: ModelSpec,
        weights: Mapping[str, npt.NDArray[np.float64]],
        schedule: Schedule,
        *,
        momentum: float,
        seed: int,
    ) -> None:
        torch.manual_seed(seed)  # dropout is the only randomness left: batches and weights come from NumPy
        self._model = build_torch_model(spec, weights)
        groups = parameter_groups(self._model, spec)
        self._optimizer = SGD(groups, lr=schedule(0), momentum=momentum, nesterov=momentum > 0)
        self._schedule = schedule
        self._scheduler = Scheduler(self._optimizer, schedule)

    def range_test(self, batches: Sequence[Batch], sweep: Sweep) -> RangeTestResult:
        """Do the sweep over `batches` and put everything back as it was."""
        finder = LRFinder(self._model, self._optimizer, functional.cross_entropy)
        return finder.range_test(
            list(_tensors(batches)),
            start_lr=sweep.start_lr,
            end_lr=sweep.end_lr,
            num_iter=sweep.num_iter,
            progress=False,
        )

    def train_epoch(self, batches: Batches, epoch: int, on_update: Callable[[Update], None]) -> Metrics:
        """Do one update per batch of that epoch, report each, and return the epoch's mean training metrics."""
        self._model.train()
        means = _RunningMeans()
        for inputs, labels in _tensors(batches.epoch(epoch)):
            self._optimizer.zero_grad()
            logits = self._model(inputs)
            loss = functional.cross_entropy(logits, labels)
            loss.backward()
            self._optimizer.step()
            on_update(self._update(loss.item()))
            self._scheduler.step()
            means.add(loss.item(), logits, labels)
        return means.metrics()

    def evaluate(self, batches: Iterable[Batch]) -> Metrics:
        """Mean metrics over `batches` in inference mode; trains nothing."""
        self._model.eval()
        means = _RunningMeans()
        with torch.no_grad():
            for inputs, labels in _tensors(batches):
                logits = self._model(inputs)
                means.add(functional.cross_entropy(logits, labels).item(), logits, labels)
        return means.metrics()

    def _update(self, loss: float) -> Update:
        step = self._scheduler.last_epoch
        return Update(step, self._schedule(step), float(self._optimizer.param_groups[0]["lr"]), loss)


def _tensors(batches: Iterable[Batch]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The same memory as NCHW tensors: NHWC bytes are torch's channels_last, so nothing is copied."""
    for images, labels in batches:
        yield torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels)


class _RunningMeans:
    """Sample-weighted mean loss and accuracy of the batches seen so far."""

    def __init__(self) -> None:
        self._loss, self._correct, self._samples = 0.0, 0, 0

    def add(self, loss: float, logits: torch.Tensor, labels: torch.Tensor) -> None:
        self._loss += loss * len(labels)
        self._correct += int((logits.argmax(dim=1) == labels).sum())
        self._samples += len(labels)

    def metrics(self) -> Metrics:
        return Metrics(self._loss / self._samples, self._correct / self._samples)
