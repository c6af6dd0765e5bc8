"""What one training step of a range test has measured."""

from __future__ import annotations

from typing import NamedTuple


class Measurement(NamedTuple):
    """The loss of one update, with what goes beside it.

    Args:
        loss: Mean over the samples; the validation loss where there is one.
        samples: How many the loss is the mean of: its weight among the ranks of a distributed run.
        training_loss: The loss of the training batch, where `loss` is the validation loss.
        metric: A number such as the accuracy.
        updated: False where the optimizer left the parameters as they were, such as at an overflow under mixed
            precision; nothing is recorded then.

    Example:
        >>> Measurement(loss=0.5, samples=32)
        Measurement(loss=0.5, samples=32, training_loss=None, metric=None, updated=True)
    """

    loss: float
    samples: int = 1
    training_loss: float | None = None
    metric: float | None = None
    updated: bool = True
