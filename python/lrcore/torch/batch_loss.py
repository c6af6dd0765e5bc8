"""The loss of a model on a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import Module

from lrcore._arguments import real
from lrcore.torch.measurement import Measurement
from lrcore.torch.model_inputs import ModelInputs, inputs_and_targets, whole_batch

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


def mean_over_samples(losses: Sequence[BatchLoss]) -> Measurement:
    """The mean loss and metric of several batches, in which every sample weighs the same."""
    samples = sum(batch.samples for batch in losses)
    weights = [batch.samples / samples for batch in losses]
    metrics = [batch.metric for batch in losses if batch.metric is not None]
    return Measurement(
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
    return real("metric", value.item() if isinstance(value, Tensor) else value)


def _checked(loss: Any, source: str) -> Tensor:
    if not isinstance(loss, Tensor):
        raise TypeError(f"{source} must return the loss as a tensor, but got {type(loss).__name__}")
    if loss.numel() != 1:
        raise ValueError(f"{source} must return a loss of one number, but got a tensor of shape {tuple(loss.shape)}")
    return loss
