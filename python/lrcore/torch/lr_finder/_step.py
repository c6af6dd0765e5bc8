"""The loss of a model on a batch."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from itertools import islice
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.amp import GradScaler
from torch.nn import Module
from torch.optim import Optimizer

from lrcore._validation import as_float
from lrcore.torch._param_groups import param_groups
from lrcore.torch._snapshot import preserve_training_modes
from lrcore.torch.lr_finder._data import ModelInputs, inputs_and_targets, whole_batch, without_persistent_workers
from lrcore.torch.lr_finder._measurement import StepResult, UpdateWatch

Criterion = Callable[[Any, Any], Tensor]
Metric = Callable[[Any, Any], float | Tensor]


class BatchLoss(NamedTuple):
    """The loss of a batch, with what else is known of it."""

    loss: Tensor
    samples: int
    metric: float | None


class LossFunction:
    """Calls a model on a batch and finds the loss in what it returns.

    Args:
        model: What is called.
        criterion: The loss as a function of output and targets; None: the model returns it.
        metric: A number as a function of output and targets, computed besides.
        device: Where the batches are moved to.
        autocast: Makes the context of the computation.
        non_blocking: Whether batches in pinned memory may be moved while the computation goes on.
    """

    def __init__(
        self,
        model: Module,
        criterion: Criterion | None,
        metric: Metric | None,
        device: torch.device,
        autocast: Callable[[], AbstractContextManager[Any]],
        non_blocking: bool,
    ) -> None:
        self._model = model
        self._criterion = criterion
        self._metric = metric
        self._device = device
        self._autocast = autocast
        self._non_blocking = non_blocking

    def inputs(self, batch: Any) -> ModelInputs:
        """What the model will be called with for `batch`."""
        return whole_batch(batch) if self._criterion is None else inputs_and_targets(batch)

    def __call__(self, inputs: ModelInputs) -> BatchLoss:
        """Compute the loss.

        Raises:
            ValueError: When it is not one number.
            TypeError: When it is no tensor, or the metric no number.
        """
        moved = inputs.to(self._device, self._non_blocking)
        with self._autocast():
            outputs = self._model(*moved.args, **moved.kwargs)
            loss = _loss_in(outputs) if self._criterion is None else self._criterion(outputs, moved.targets)
        loss = _checked(loss, "the model without a criterion" if self._criterion is None else "criterion")
        metric = None if self._metric is None else _measured(self._metric, outputs, moved.targets)
        return BatchLoss(loss, inputs.samples, metric)


def mean_over_samples(losses: Sequence[BatchLoss]) -> StepResult:
    """The mean loss and metric of several batches, in which every sample weighs the same."""
    samples = sum(batch.samples for batch in losses)
    weights = [batch.samples / samples for batch in losses]
    metrics = [batch.metric for batch in losses if batch.metric is not None]
    return StepResult(
        loss=_weighted(weights, [batch.loss.item() for batch in losses]),
        samples=samples,
        metric=_weighted(weights, metrics) if metrics else None,
    )


def _weighted(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def _loss_in(outputs: Any) -> Any:
    """The loss that a model has put into its output."""
    if isinstance(outputs, Mapping):
        return outputs.get("loss")
    if isinstance(outputs, (tuple, list)) and outputs:
        return getattr(outputs, "loss", outputs[0])
    return getattr(outputs, "loss", outputs)


@torch.no_grad()
def _measured(metric: Metric, outputs: Any, targets: Any) -> float:
    value = metric(outputs, targets)
    return as_float("metric", value.item() if isinstance(value, Tensor) else value)


def _checked(loss: Any, source: str) -> Tensor:
    if not isinstance(loss, Tensor):
        raise TypeError(f"{source} must return the loss as a tensor, but got {type(loss).__name__}")
    if loss.numel() != 1:
        raise ValueError(f"{source} must return a loss of one number, but got a tensor of shape {tuple(loss.shape)}")
    return loss


def autocast(
    amp_backend: str | None, amp_config: Mapping[str, Any] | None, device: torch.device
) -> Callable[[], AbstractContextManager[Any]]:
    """The maker of contexts in which the loss is to be computed.

    Args:
        amp_backend: "torch", or None for full precision.
        amp_config: Arguments of `torch.autocast`; its device_type is that of `device` unless given.
        device: Where the loss is computed.

    Raises:
        ValueError: When `amp_backend` is another one.
        TypeError: When `torch.autocast` does not know one of the arguments.
    """
    if not amp_backend:
        return nullcontext
    if amp_backend == "apex":
        raise ValueError("amp_backend 'apex' is not supported: use 'torch', PyTorch's own mixed precision")
    if amp_backend != "torch":
        raise ValueError(f"amp_backend must be 'torch' or None, but got {amp_backend!r}")
    make = partial(torch.autocast, **{"device_type": device.type, **(amp_config or {})})
    make()
    return make


class Update:
    """Updates the parameters on the mean loss over all samples of its batches, and measures that loss.

    Args:
        loss_function: Of the model in training.
        read: Finds inputs and targets in a batch.
        optimizer: Of the parameters.
        scaler: Scales the loss, and skips the update where gradients overflow; None: no scaling.
    """

    def __init__(
        self,
        loss_function: LossFunction,
        read: Callable[[Any], Any],
        optimizer: Optimizer,
        scaler: GradScaler | None = None,
    ) -> None:
        self._loss_function = loss_function
        self._read = read
        self._optimizer = optimizer
        self._scaler = scaler

    def __call__(self, batches: Sequence[Any]) -> StepResult:
        """Do the update.

        Raises:
            ValueError: When the loss depends on none of the optimizer's parameters.
        """
        inputs = [self._loss_function.inputs(self._read(batch)) for batch in batches]
        samples = sum(each.samples for each in inputs)
        self._optimizer.zero_grad()
        measured = mean_over_samples([self._backward(each, each.samples / samples) for each in inputs])
        self._check_gradients()
        # A loss that is not finite is no overflow of the scaled gradients, but the end of the descent.
        return measured._replace(updated=self._step() or not math.isfinite(measured.loss))

    def _backward(self, inputs: ModelInputs, weight: float) -> BatchLoss:
        batch = self._loss_function(inputs)
        if not batch.loss.requires_grad:
            raise ValueError("the loss must depend on a parameter that requires a gradient, but depends on none")
        loss: Tensor = batch.loss if weight == 1 else batch.loss * weight
        (loss if self._scaler is None else self._scaler.scale(loss)).backward()
        return batch

    def _check_gradients(self) -> None:
        parameters = (parameter for group in param_groups(self._optimizer) for parameter in group["params"])
        if all(parameter.grad is None for parameter in parameters):
            raise ValueError("optimizer must hold parameters that the loss depends on, but none has got a gradient")

    def _step(self) -> bool:
        """Whether the parameters have been updated."""
        if self._scaler is None:
            self._optimizer.step()
            return True
        with UpdateWatch([self._optimizer]) as watch:
            self._scaler.step(self._optimizer)
            self._scaler.update()
            return watch.pop()


def check_needs_no_closure(optimizer: Optimizer) -> None:
    """ValueError when the updates of `optimizer` need a closure, as those of LBFGS."""
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    if closure is not None and closure.default is closure.empty:
        raise ValueError(
            f"optimizer must do an update without a closure, but got {type(optimizer).__name__}: use "
            "lrcore.torch.lr_find, whose training step may do as it likes"
        )


class Validation:
    """The mean loss and metric over the samples of the same batches at each call, in evaluation mode.

    Args:
        model: Which is evaluated, and whose modules keep their modes.
        loss_function: Of that model.
        loader: Is read once, at the first call; its batches stay in memory, where they are.
        read: Finds inputs and targets in a batch.
        batches: How many batches to take, None: all.
    """

    def __init__(
        self,
        model: Module,
        loss_function: LossFunction,
        loader: Iterable[Any],
        read: Callable[[Any], Any],
        batches: int | None,
    ) -> None:
        self._model = model
        self._loss_function = loss_function
        self.loader = loader
        self._read = read
        self._batches = batches

    @torch.no_grad()
    def __call__(self) -> StepResult:
        """Measure the model as it is now.

        Raises:
            ValueError: When the loader is empty.
        """
        with preserve_training_modes([self._model]):
            self._model.eval()
            return mean_over_samples([self._loss_function(inputs) for inputs in self._inputs])

    @cached_property
    def _inputs(self) -> list[ModelInputs]:
        batches = islice(without_persistent_workers(self.loader), self._batches)
        inputs = [self._loss_function.inputs(self._read(batch)) for batch in batches]
        if not inputs:
            raise ValueError(f"val_loader must hold at least one batch, but {self.loader!r} is empty")
        return inputs


class ValidatedUpdate:
    """Does an update, then judges it by the validation loss.

    Args:
        update: Does it, and measures the training loss.
        validation: Measures what is recorded.
    """

    def __init__(self, update: Callable[[Sequence[Any]], StepResult], validation: Validation) -> None:
        self._update = update
        self._validation = validation

    def __call__(self, batches: Sequence[Any]) -> StepResult:
        """Do the update and measure both losses."""
        trained = self._update(batches)
        if not trained.updated:
            return trained
        validated = self._validation()
        # A gradient scaler keeps such a training loss from the parameters, so that validation would not show it.
        loss = validated.loss if math.isfinite(trained.loss) else trained.loss
        return validated._replace(loss=loss, training_loss=trained.loss)
