"""Whether an optimizer has really updated its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook

from lrcore.torch._param_groups import param_groups


class StepResult(NamedTuple):
    """The loss of one update, with what goes beside it.

    Args:
        loss: Mean over the samples; the validation loss where there is one.
        samples: How many the loss is the mean of: its weight among the ranks of a distributed run.
        training_loss: The loss of the training batch, where `loss` is the validation loss.
        metric: A number such as the accuracy.
        updated: False where the optimizer left the parameters as they were, such as at an overflow under mixed
            precision; nothing is recorded then.

    Example:
        >>> StepResult(loss=0.5, samples=32)
        StepResult(loss=0.5, samples=32, training_loss=None, metric=None, updated=True)
    """

    loss: float
    samples: int = 1
    training_loss: float | None = None
    metric: float | None = None
    updated: bool = True


class UpdateWatch:
    """Sees, while it is entered, each update that any of some optimizers does.

    A gradient scaler that has found an overflow does not call `step`, or has it leave the parameters as they are.
    Optimizers inside a wrapper are seen by the group dictionaries that the two share. What is no torch optimizer cannot
    be watched: it counts as having done its update.

    Args:
        optimizers: Which to watch.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)])
        >>> with UpdateWatch([optimizer]) as watch:
        ...     before = watch.pop()
        ...     optimizer.step()
        ...     before, watch.pop(), watch.pop()
        (False, True, False)
    """

    def __init__(self, optimizers: Sequence[Optimizer]) -> None:
        self._groups = {id(group) for optimizer in optimizers for group in param_groups(optimizer)}
        self._watched = all(issubclass(type(optimizer), Optimizer) for optimizer in optimizers)
        self._updated = False

    def __enter__(self) -> UpdateWatch:
        self._hook = register_optimizer_step_post_hook(self._see)
        return self

    def __exit__(self, *exception: object) -> None:
        self._hook.remove()

    def pop(self) -> bool:
        """Whether there has been an update since this was last asked."""
        updated, self._updated = self._updated, False
        return updated or not self._watched

    def _see(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        # Fused optimizers are called at an overflow too, with this tensor set.
        overflow = getattr(optimizer, "found_inf", None)
        if overflow is not None and float(overflow) > 0:
            return
        if any(id(group) in self._groups for group in optimizer.param_groups):
            self._updated = True
