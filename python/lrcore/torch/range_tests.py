"""Range tests from one starting point, which they leave no trace on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from torch.optim import Optimizer

from lrcore.progress import progress_bar
from lrcore.range_test import RangeTest, StopReason
from lrcore.range_test_result import RangeTestResult
from lrcore.torch.agreement import Alone, Ranks, agreement
from lrcore.torch.batches import Batches
from lrcore.torch.snapshot import Snapshot
from lrcore.torch.sweep import Step, Sweep

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup


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
            with progress_bar(updates, progress and ranks.leads) as advance:
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


def _check(name: str, batches: Batches, ranks: Alone | Ranks) -> None:
    if ranks.on_batches(batches):
        return
    least = "one batch" if batches.per_update == 1 else f"{batches.per_update} batches"
    held = f"{batches.loader!r} holds {batches.held}" if batches.held else f"{batches.loader!r} is empty"
    if batches.held == batches.per_update:
        held = "that of another rank does not"
    raise ValueError(f"{name} must hold at least {least}, but {held}")
