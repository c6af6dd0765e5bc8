"""A user's training step as one that a range test can record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isfinite, nan
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from lrcore._arguments import real
from lrcore.torch.measurement import Measurement
from lrcore.torch.modes import kept_modes
from lrcore.torch.update_watch import UpdateWatch

Loss = float | Tensor | tuple[float | Tensor, float | Tensor]
"""A loss, or a loss and a metric."""


class MeasuredStep:
    """Calls a step function on one batch, then where there is one a validation function, and measures.

    Args:
        step_fn: Does one update on a batch.
        validate: Called after each update, or None.
        watch: Tells whether there was an update.
        modules: Which keep their training flags, with their submodules, over a validation.
    """

    def __init__(
        self,
        step_fn: Callable[[Any], Loss],
        validate: Callable[[], Loss] | None,
        watch: UpdateWatch,
        modules: Iterable[Module],
    ) -> None:
        self._step_fn = step_fn
        self._validate = validate
        self._watch = watch
        self._modules = list(modules)

    def __call__(self, batches: Sequence[Any]) -> Measurement:
        """Do the update and measure it."""
        returned = self._step_fn(batches[0])
        updated = self._watch.take()
        if returned is None and not updated:
            return Measurement(nan, updated=False)
        loss, metric = _loss_and_metric("step_fn", returned)
        # A loss that is not finite is the end of the descent, and no overflow of scaled gradients.
        if not updated and isfinite(loss):
            return Measurement(loss, updated=False)
        measured = Measurement(loss, metric=metric)
        return measured if self._validate is None else self._validated(measured, self._validate)

    def _validated(self, trained: Measurement, validate: Callable[[], Loss]) -> Measurement:
        with torch.no_grad(), kept_modes(self._modules):
            loss, metric = _loss_and_metric("validate", validate())
        return Measurement(
            loss if isfinite(trained.loss) else trained.loss,
            training_loss=trained.loss,
            metric=trained.metric if metric is None else metric,
        )


def _loss_and_metric(name: str, returned: Any) -> tuple[float, float | None]:
    if not isinstance(returned, tuple):
        return _number(f"the loss of {name}", returned), None
    if len(returned) != 2:
        raise ValueError(f"{name} must return a loss or (loss, metric), but got a tuple of {len(returned)}")
    loss, metric = returned
    return _number(f"the loss of {name}", loss), _number(f"the metric of {name}", metric)


def _number(name: str, value: Any) -> float:
    if not isinstance(value, Tensor):
        return real(name, value)
    if value.numel() != 1:
        raise ValueError(f"{name} must have one element, but got a tensor of shape {tuple(value.shape)}")
    return real(name, value.item())
