"""One training step of the range test: inputs of the model, loss, update and validation."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.amp import GradScaler
from torch.nn import Module
from torch.optim import Optimizer

from lrcore._validation import as_float
from lrcore.torch._snapshot import preserve_training_modes
from lrcore.torch.lr_finder._data import description, without_persistent_workers
from lrcore.torch.lr_finder._measurement import StepResult, UpdateWatch

Criterion = Callable[[Any, Any], Tensor]
Metric = Callable[[Any, Any], float | Tensor]
Read = Callable[[Any], Any]


TARGET_KEYS = ("labels", "label", "targets", "target")


@dataclass(frozen=True)
class ModelInputs:
    """The model is called as `model(*args, **kwargs)`."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    targets: Any

    @cached_property
    def samples(self) -> int:
        """Number of samples in the batch, at least 1."""
        lengths = (_length(part) for part in (self.targets, self.args, self.kwargs))
        return max(next((length for length in lengths if length is not None), 1), 1)

    def to(self, device: torch.device, non_blocking: bool) -> ModelInputs:
        """The same on `device`."""
        parts = (self.args, self.kwargs, self.targets)
        return ModelInputs(*(_moved(part, device, non_blocking) for part in parts))


def inputs_and_targets(batch: Any) -> ModelInputs:
    """Split a batch into the arguments of the model and the targets of the criterion.

    - A tuple or list is (inputs, targets); further items are left out. The model gets the inputs as one argument.
    - A mapping has the targets under "labels", "label", "targets" or "target". The model gets the others by their
      names; a single one by position, as its name may be that of the data set.

    Raises:
        ValueError: When the batch is neither.
    """
    if isinstance(batch, (tuple, list)) and len(batch) >= 2:
        return ModelInputs((batch[0],), {}, batch[1])
    key = _target_key(batch)
    if key is None:
        raise ValueError(
            "train_loader and val_loader must yield (inputs, targets), or mappings with the targets under one of "
            f"{', '.join(map(repr, TARGET_KEYS))}, but got {description(batch)}: say what is what in a subclass of "
            "TrainDataLoaderIter or ValDataLoaderIter, or use lrcore.torch.lr_find with a training step of your own"
        )
    others = {name: value for name, value in batch.items() if name != key}
    if len(others) == 1:
        return ModelInputs(tuple(others.values()), {}, batch[key])
    return ModelInputs((), others, batch[key])


def whole_batch(batch: Any) -> ModelInputs:
    """Give all of a batch to a model that computes its loss itself: the values of a mapping by their names."""
    if isinstance(batch, Mapping):
        key = _target_key(batch)
        return ModelInputs((), batch, None if key is None else batch[key])
    if isinstance(batch, (tuple, list)):
        return ModelInputs(tuple(batch), {}, batch[1] if len(batch) > 1 else None)
    return ModelInputs((batch,), {}, None)


def _target_key(batch: Any) -> str | None:
    keys = batch if isinstance(batch, Mapping) else ()
    return next((key for key in TARGET_KEYS if key in keys), None)


def _moved(value: Any, device: torch.device, non_blocking: bool) -> Any:
    if isinstance(value, Tensor) and value.device == device:
        return value
    if hasattr(value, "to"):
        return value.to(device, non_blocking=non_blocking)
    if isinstance(value, Mapping):
        return {key: _moved(item, device, non_blocking) for key, item in value.items()}
    if not isinstance(value, (tuple, list)):
        return value
    items = [_moved(item, device, non_blocking) for item in value]
    if hasattr(value, "_fields"):
        return type(value)(*items)
    return items if isinstance(value, list) else tuple(items)


def _length(value: Any) -> int | None:
    """The length of the first tensor or array in `value`; of a list without any, as of strings, its own."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, (tuple, list)):
        inner = None if _lists_samples(value) else next(filter(None, map(_length, value)), None)
        return inner if inner is not None else len(value) if isinstance(value, list) else None
    shape = getattr(value, "shape", None)
    return int(shape[0]) if shape else None


def _lists_samples(value: tuple[Any, ...] | list[Any]) -> bool:
    """True for a list of one mapping per sample, as in detection."""
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


class BatchLoss(NamedTuple):
    """The loss of a batch, its number of samples and its metric."""

    loss: Tensor
    samples: int
    metric: float | None


class LossFunction:
    """Calls a model on a batch and finds the loss in what it returns.

    Args:
        model: The model to call.
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

    def inputs(self, batch: Any, read: Read | None = None) -> ModelInputs:
        """The arguments of the model for `batch`, and its targets, which `read` finds first if it is not None."""
        batch = batch if read is None else read(batch)
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
    """The function that makes the autocast context of one loss.

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
        read: Finds inputs and targets in a batch; None: the batch is (inputs, targets) or a mapping.
        optimizer: Of the parameters.
        scaler: Scales the loss, and skips the update where gradients overflow; None: no scaling.
    """

    def __init__(
        self,
        loss_function: LossFunction,
        read: Read | None,
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
        inputs = [self._loss_function.inputs(batch, self._read) for batch in batches]
        samples = sum(each.samples for each in inputs)
        self._optimizer.zero_grad()
        losses = []
        for each in inputs:
            batch_loss = self._loss_function(each)
            if not batch_loss.loss.requires_grad:
                raise ValueError("the loss must depend on a parameter that requires a gradient, but depends on none")
            weight = each.samples / samples
            loss: Tensor = batch_loss.loss if weight == 1 else batch_loss.loss * weight
            (loss if self._scaler is None else self._scaler.scale(loss)).backward()
            losses.append(batch_loss)
        measured = mean_over_samples(losses)
        if all(parameter.grad is None for group in self._optimizer.param_groups for parameter in group["params"]):
            raise ValueError("optimizer must hold parameters that the loss depends on, but none has got a gradient")
        if self._scaler is None:
            self._optimizer.step()
            return measured
        with UpdateWatch([self._optimizer]) as watch:
            self._scaler.step(self._optimizer)
            self._scaler.update()
            updated = watch.pop()
        # A loss that is not finite is no overflow of the scaled gradients, but the end of the descent.
        return measured._replace(updated=updated or not math.isfinite(measured.loss))


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
        read: Finds inputs and targets in a batch; None: the batch is (inputs, targets) or a mapping.
        batches: How many batches to take, None: all.
    """

    def __init__(
        self,
        model: Module,
        loss_function: LossFunction,
        loader: Iterable[Any],
        read: Read | None,
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
        inputs = [self._loss_function.inputs(batch, self._read) for batch in batches]
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
