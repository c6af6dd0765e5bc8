"""Range tests from one starting point, which they leave no trace on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from itertools import chain, cycle
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed
from torch.optim import Optimizer

from lrcore._progress import Advance, progress_bar
from lrcore.range_test import RangeTest, RangeTestResult, StopReason
from lrcore.torch._param_groups import param_groups, set_lr
from lrcore.torch._snapshot import Snapshot
from lrcore.torch.lr_finder._data import Batches
from lrcore.torch.lr_finder._measurement import StepResult

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup


class SingleProcess:
    """The agreement of a process that is not one of several."""

    is_main_process = True

    def all_have_batches(self, batches: Batches) -> bool:
        """Whether there are batches for another update."""
        return batches.available()

    def all_reduce_result(self, measurement: StepResult, batches: Batches) -> StepResult:
        """The measurement itself."""
        return measurement


class DistributedGroup:
    """The agreement of the ranks in a process group: one all-reduce per update, and one before the first.

    Args:
        group: The process group, None for the default one.
    """

    def __init__(self, group: distributed.ProcessGroup | None) -> None:
        self._group = group
        self._size = distributed.get_world_size(group)
        self._device = _device(group)
        self._batches: bool | None = None
        self.is_main_process = distributed.get_rank(group) == 0

    def all_have_batches(self, batches: Batches) -> bool:
        """Whether every rank has batches for another update."""
        if self._batches is None:
            self._batches = self._sum([batches.available()])[0] == self._size
        return self._batches

    def all_reduce_result(self, measurement: StepResult, batches: Batches) -> StepResult:
        """The means over the samples of all ranks; an update where every rank did one or a loss is not finite.

        Whether every rank has batches for the next update goes along, so that it needs no all-reduce of its own.
        """
        loss, samples, training_loss, metric, updated = measurement
        weighted = [samples * value if samples and value else 0.0 for value in (loss, training_loss, metric)]
        ends = updated and not isfinite(loss)
        *sums, total, updates, ending, available = self._sum([*weighted, samples, updated, ends, batches.available()])
        self._batches = available == self._size
        means = [weighted_sum / total if total else nan for weighted_sum in sums]
        return StepResult(
            loss=means[0],
            samples=int(total),
            training_loss=None if training_loss is None else means[1],
            metric=None if metric is None else means[2],
            updated=updates == self._size or ending > 0,
        )

    def _sum(self, values: Sequence[float]) -> list[float]:
        sums = torch.tensor(values, dtype=torch.float64, device=self._device)
        distributed.all_reduce(sums, group=self._group)
        return sums.tolist()


def agreement(group: distributed.ProcessGroup | None = None) -> SingleProcess | DistributedGroup:
    """That of the ranks of `group`, where this process is one of several."""
    several = distributed.is_available() and distributed.is_initialized() and distributed.get_world_size(group) > 1
    return DistributedGroup(group) if several else SingleProcess()


def _device(group: distributed.ProcessGroup | None) -> str:
    """The kind of device whose tensors the backend of `group` can reduce, the CPU if possible."""
    kinds = distributed.Backend.backend_capability.get(distributed.get_backend(group), ["cpu"])
    return "cpu" if "cpu" in kinds else kinds[0]


MAX_SKIPPED_IN_A_ROW = 256
"""A gradient scaler halves its scale at each overflow: after that many, none of any scale is left."""

Step = Callable[[Sequence[Any]], StepResult]
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
        ranks: SingleProcess | DistributedGroup,
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
            elif not self._ranks.all_have_batches(self._batches):
                range_test.stop(StopReason.data_exhausted)
            else:
                skipped = 0 if self._update(range_test) else skipped + 1

    def _update(self, range_test: RangeTest) -> bool:
        lrs = range_test.group_lrs
        for group, lr in zip(self._groups, cycle(lrs), strict=False):
            set_lr(group, lr)
        measured = self._ranks.all_reduce_result(self._step(self._batches.pop()), self._batches)
        if measured.updated:
            range_test.record(measured.loss, training_loss=measured.training_loss, metric=measured.metric)
            self._advance(lrs[0], measured.loss)
        return measured.updated


def run_range_tests(
    range_tests: Sequence[RangeTest],
    optimizers: Sequence[Optimizer],
    loader: Iterable[Any],
    step: Step,
    snapshot: Snapshot,
    *,
    batches_per_update: int = 1,
    progress: bool = True,
    process_group: ProcessGroup | None = None,
    loader_name: str = "train_loader",
) -> RangeTestResult:
    """Do range tests one after the other, each from the state in `snapshot`, and restore it at the end.

    The random generators and the batches go on between the tests, as otherwise all would be the same. Everything is
    restored after an exception too; after Ctrl-C the test that was running is stopped as interrupted.

    Args:
        range_tests: Say the next learning rates, take the losses and decide when to stop.
        optimizers: Whose groups get these learning rates, one for each of all groups or one for all.
        loader: The batches, read again when it is exhausted.
        step: Does one update on `batches_per_update` batches and measures it.
        snapshot: Of all that `step` changes.
        batches_per_update: Batches of one call of `step`.
        progress: Whether to show a progress bar.
        process_group: The ranks that do the tests together; None: those of the default group, where there is one.
        loader_name: What `loader` is called in errors.

    Raises:
        ValueError: When `loader` does not hold the batches of one update.
    """
    ranks = agreement(process_group)
    updates = sum(range_test.num_updates for range_test in range_tests)
    try:
        with closing(Batches(loader, batches_per_update)) as batches:
            _check(loader_name, batches, ranks)
            with progress_bar(updates, progress and ranks.is_main_process) as advance:
                sweep = Sweep(optimizers, batches, step, ranks, advance)
                for repeat, range_test in enumerate(range_tests):
                    if repeat > 0:
                        snapshot.restore(random_state=False)
                    sweep.run(range_test)
    finally:
        snapshot.restore()
    return combined_result(range_tests)


def combined_result(range_tests: Sequence[RangeTest]) -> RangeTestResult:
    """One curve of the tests that came to their end, or that of the first as far as it came."""
    ended = [test.result() for test in range_tests if test.stop_reason not in (None, StopReason.interrupted)]
    recorded = [result for result in ended if len(result.lrs) > 0]
    if len(recorded) > 1:
        return RangeTestResult.of_repeats(recorded)
    return recorded[0] if recorded else range_tests[0].result()


def _check(name: str, batches: Batches, ranks: SingleProcess | DistributedGroup) -> None:
    if ranks.all_have_batches(batches):
        return
    least = "one batch" if batches.per_update == 1 else f"{batches.per_update} batches"
    held = (
        f"{batches.loader!r} holds {batches.num_prefetched}"
        if batches.num_prefetched
        else f"{batches.loader!r} is empty"
    )
    if batches.num_prefetched == batches.per_update:
        held = "that of another rank does not"
    raise ValueError(f"{name} must hold at least {least}, but {held}")
