"""The loop of a range test, over whatever a training step is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, cycle
from typing import Any

from torch.optim import Optimizer

from lrcore.progress import Advance
from lrcore.range_test import RangeTest, StopReason
from lrcore.torch.agreement import Alone, Ranks
from lrcore.torch.batches import Batches
from lrcore.torch.measurement import Measurement
from lrcore.torch.param_groups import param_groups, set_lr

MAX_SKIPPED_IN_A_ROW = 256
"""A gradient scaler halves its scale at each overflow: after that many, none of any scale is left."""

Step = Callable[[Sequence[Any]], Measurement]
"""Does one update on the batches of it, and measures it."""


class Sweep:
    """One update after the other, each with the learning rates that a range test asks for and records.

    Args:
        optimizers: Whose groups get these learning rates, one for each of all groups or one for all.
        batches: The batches of each update.
        step: Does one update.
        ranks: Those that do each update together.
        advance: Called with the learning rate and the loss of each update.
    """

    def __init__(
        self,
        optimizers: Sequence[Optimizer],
        batches: Batches,
        step: Step,
        ranks: Alone | Ranks,
        advance: Advance,
    ) -> None:
        self._groups = list(chain.from_iterable(map(param_groups, optimizers)))
        self._batches = batches
        self._step = step
        self._ranks = ranks
        self._advance = advance

    def run(self, range_test: RangeTest) -> None:
        """Do updates until `range_test` has stopped, as interrupted after Ctrl-C.

        Raises:
            ValueError: When the test is of another number of groups.
        """
        lrs, groups = len(range_test.group_lrs), len(self._groups)
        if lrs not in (1, groups):
            raise ValueError(f"range_test must have one lr for each of the {groups} param groups, but has {lrs}")
        try:
            self._updates(range_test)
        except KeyboardInterrupt:
            range_test.stop(StopReason.interrupted)
            raise

    def _updates(self, range_test: RangeTest) -> None:
        skipped = 0
        while range_test.stop_reason is None:
            if skipped > MAX_SKIPPED_IN_A_ROW:
                range_test.stop(StopReason.nonfinite)
            elif not self._ranks.on_batches(self._batches):
                range_test.stop(StopReason.data_exhausted)
            else:
                skipped = 0 if self._update(range_test) else skipped + 1

    def _update(self, range_test: RangeTest) -> bool:
        lrs = range_test.group_lrs
        for group, lr in zip(self._groups, cycle(lrs), strict=False):
            set_lr(group, lr)
        measured = self._ranks.on_measurement(self._step(self._batches.take()), self._batches)
        if measured.updated:
            range_test.record(measured.loss, training_loss=measured.training_loss, metric=measured.metric)
            self._advance(lrs[0], measured.loss)
        return measured.updated
