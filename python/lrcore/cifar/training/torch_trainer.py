"""The PyTorch trainer: plain loop, lrcore's optimizer, scheduler and finder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from lrcore.cifar.cam import FeatureGradients
from lrcore.cifar.cam.torch_features import feature_gradients
from lrcore.cifar.models import Dropout, ModelSpec
from lrcore.cifar.models.batch_norm import BatchStatistics
from lrcore.cifar.models.torch_model import assign_torch_weights, build_torch_model, parameter_groups, torch_weights
from lrcore.cifar.models.torch_state import TorchBatchStatistics, assign_torch_momentum, torch_momentum
from lrcore.cifar.models.weights import Weights
from lrcore.cifar.pipeline.batches import Batch
from lrcore.cifar.pipeline.random_streams import dropout_seed
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.trainer import Images, Labels, Sweep, TrainerState, Update
from lrcore.range_test import RangeTestResult
from lrcore.schedules import Schedule
from lrcore.torch import SGD, Scheduler, lr_find


def torch_device(name: str) -> torch.device:
    """The device of this name; "auto" is the accelerator of this machine, where there is one.

    Raises:
        ValueError: When this machine has no such device.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(device for device, is_there in available.items() if is_there))
    if not available.get(name, False):
        there = ", ".join(device for device, is_there in available.items() if is_there)
        raise ValueError(f"device must be one that this machine has ({there}), but got {name!r}")
    return torch.device(name)


class TorchTrainer:
    """Trains a CIFAR model with SGD-Nesterov; see `lrcore.cifar.training.trainer.Trainer`."""

    def __init__(self, spec: ModelSpec, weights: Weights, settings: Settings) -> None:
        self._seed = settings.seed
        self._device = torch_device(settings.device)
        self._bfloat16 = settings.precision == "bfloat16"
        self._model = build_torch_model(spec, weights).to(self._device)
        self._has_dropout = any(isinstance(layer, Dropout) for layer in spec.named_layers.values())
        if settings.channels_last:
            self._model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # its stub lacks this one
        groups = parameter_groups(self._model, spec)
        # Each update gets its learning rate from `follow` or from a range test; both groups share it.
        self._optimizer = SGD(groups, lr=1.0, momentum=settings.momentum, nesterov=settings.momentum > 0)

    def range_test(self, batches: Sequence[Batch], sweep: Sweep) -> RangeTestResult:
        """Do the sweep over `batches` and put everything back as it was."""
        self._model.train()
        torch.manual_seed(dropout_seed(self._seed, 0))
        return lr_find(
            lambda batch: self._step(*batch)[0],
            self._optimizer,
            list(self._tensors(batches)),
            start_lr=sweep.start_lr,
            end_lr=sweep.end_lr,
            num_iter=sweep.num_iter,
            progress=False,
        )

    def follow(self, schedule: Schedule, step: int) -> None:
        """Let the next update be number `step`, and take its learning rate and all later ones from `schedule`."""
        self._schedule = schedule
        self._scheduler = Scheduler(self._optimizer, schedule, last_epoch=step - 1)

    def train(self, batches: Iterable[Batch], updates: int, on_update: Callable[[Update], None]) -> None:
        """Do one update on each of `updates` batches and report each; what `on_update` raises ends the training."""
        self._model.train()
        for inputs, labels in self._tensors(islice(batches, updates)):
            step = self._scheduler.last_epoch
            if self._has_dropout:
                torch.manual_seed(dropout_seed(self._seed, step))
            loss, logits = self._step(inputs, labels)
            correct = int((logits.argmax(dim=1) == labels).sum())
            read_back = float(self._optimizer.param_groups[0]["lr"])
            self._scheduler.step()
            on_update(Update(step, self._schedule(step), read_back, loss.item(), correct, len(labels)))

    def predict(self, batches: Iterable[Batch]) -> npt.NDArray[np.float64]:
        """Logits (N, 10) of the images of `batches` in inference mode; trains nothing."""
        self._model.eval()
        with torch.inference_mode(), self._autocast():
            logits = [self._model(inputs).double().cpu().numpy() for inputs, _ in self._tensors(batches)]
        return np.concatenate(logits)

    def feature_gradients(self, layer: str, images: Images, classes: Labels) -> FeatureGradients:
        """Output of `layer` for each image, and the gradient of its class's logit there; changes nothing."""
        return feature_gradients(self._model, layer, images, classes)

    @property
    def batch_statistics(self) -> BatchStatistics:
        """Function that measures the statistics with which BatchNorm normalises a batch in this framework."""
        return partial(TorchBatchStatistics, device=self._device)

    def state(self) -> TrainerState:
        """A copy of the weights and the momentum."""
        return TrainerState(torch_weights(self._model), torch_momentum(self._model, self._optimizer))

    def load(self, state: TrainerState) -> None:
        """Take over weights and momentum, also those of another framework."""
        assign_torch_weights(self._model, state.weights)
        assign_torch_momentum(self._model, self._optimizer, state.momentum)

    def _step(self, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """One update; the loss and the logits before it."""
        self._optimizer.zero_grad()
        with self._autocast():
            logits = self._model(inputs)
            loss = functional.cross_entropy(logits, labels)
        loss.backward()
        self._optimizer.step()
        return loss.detach(), logits.detach()

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16)

    def _tensors(self, batches: Iterable[Batch]) -> Iterator[tuple[Tensor, Tensor]]:
        """The same memory as NCHW tensors: NHWC bytes are torch's channels_last, so nothing is copied on the CPU."""
        for images, labels in batches:
            yield (
                torch.from_numpy(images).permute(0, 3, 1, 2).to(self._device),
                torch.from_numpy(labels).to(self._device),
            )
