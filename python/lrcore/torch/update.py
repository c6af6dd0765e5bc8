"""One update of an optimizer on one batch or, with accumulated gradients, several."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.amp import GradScaler
from torch.optim import Optimizer

from lrcore.torch.batch_loss import BatchLoss, LossFunction, mean_over_samples
from lrcore.torch.measurement import Measurement
from lrcore.torch.model_inputs import ModelInputs
from lrcore.torch.param_groups import param_groups
from lrcore.torch.update_watch import UpdateWatch


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

    def __call__(self, batches: Sequence[Any]) -> Measurement:
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
            return watch.take()


def check_needs_no_closure(optimizer: Optimizer) -> None:
    """ValueError when the updates of `optimizer` need a closure, as those of LBFGS."""
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    if closure is not None and closure.default is closure.empty:
        raise ValueError(
            f"optimizer must do an update without a closure, but got {type(optimizer).__name__}: use "
            "lrcore.torch.lr_find, whose training step may do as it likes"
        )
