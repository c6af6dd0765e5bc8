"""The loop of a range test, over whatever a training step is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from torch.optim import Optimizer

from lrcore.range_test import RangeTest, StopReason
from lrcore.torch.param_groups import set_lr

Batch = TypeVar("Batch")


def sweep(
    range_test: RangeTest, optimizer: Optimizer, batches: Iterable[Batch], training_step: Callable[[Batch], float]
) -> None:
    """Do one training step per point of `range_test`, each with the lr that is recorded with its loss.

    Args:
        range_test: Says the next lr, takes the loss and decides when to stop.
        optimizer: All of whose groups get that lr.
        batches: One for each training step.
        training_step: Does one update on a batch and returns the loss.
    """
    for batch in batches:
        for group in optimizer.param_groups:
            set_lr(group, range_test.lr)
        range_test.record(training_step(batch))
        if range_test.stop_reason is not None:
            return
    range_test.stop(StopReason.data_exhausted)
