from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lrcore import RangeTest, RangeTestResult, StopReason
from lrcore.torch._snapshot import Snapshot
from lrcore.torch.lr_finder._loop import combined_result, run_range_tests
from lrcore.torch.lr_finder._measurement import StepResult


class Decay:
    """One parameter w = 1 with the loss w^2 / 2: an update with lr multiplies w by 1 - lr."""

    def __init__(self, lr: float | torch.Tensor = 0.5) -> None:
        self.w = nn.Parameter(torch.ones((), dtype=torch.float64))
        self.optimizer = torch.optim.SGD([self.w], lr=lr)
        self.batches: list[Any] = []
        self.lrs: list[float] = []

    def step(self, batches: Sequence[Any]) -> StepResult:
        self.batches.append(list(batches))
        self.lrs.append(float(self.optimizer.param_groups[0]["lr"]))
        self.optimizer.zero_grad()
        loss = self.w**2 / 2
        loss.backward()
        self.optimizer.step()
        return StepResult(loss.item())

    def run(
        self,
        *range_tests: RangeTest,
        loader: Iterable[Any] = "abc",
        step: Callable[..., StepResult] | None = None,
        **options: Any,
    ) -> RangeTestResult:
        snapshot = Snapshot([], [self.optimizer])
        options = {"progress": False, **options}
        return run_range_tests(range_tests, [self.optimizer], loader, step or self.step, snapshot, **options)

    def state(self) -> tuple[float, float, Any]:
        return self.w.item(), float(self.optimizer.param_groups[0]["lr"]), self.w.grad


UNTOUCHED = (1.0, 0.5, None)


def losses_of(lrs: Iterable[float]) -> np.ndarray:
    """The losses of updates with these learning rates, from w = 1 on."""
    factors = np.concatenate([[1.0], 1 - np.array(list(lrs))[:-1]])
    return np.cumprod(factors) ** 2 / 2


# The curve


def test_the_curve_matches_updates_at_the_recorded_lrs() -> None:
    decay = Decay()
    result = decay.run(RangeTest(0.01, 0.16, num_iter=5))
    np.testing.assert_allclose(result.lrs, [0.01, 0.02, 0.04, 0.08, 0.16], rtol=1e-14)
    np.testing.assert_allclose(result.losses, losses_of([0.01, 0.02, 0.04, 0.08, 0.16]), rtol=1e-13)
    assert decay.lrs == result.lrs.tolist()
    assert result.stop_reason is StopReason.finished
    assert decay.state() == UNTOUCHED


def test_several_updates_with_one_lr_make_one_point() -> None:
    decay = Decay()
    result = decay.run(RangeTest(0.25, 0.5, num_iter=2, batches_per_lr=2))
    assert decay.lrs == [0.25, 0.25, 0.5, 0.5]
    np.testing.assert_allclose(result.losses, losses_of([0.25, 0.25, 0.5, 0.5]).reshape(2, 2).mean(axis=1), rtol=1e-14)


def test_an_lr_can_go_with_the_loss_of_the_next_update() -> None:
    decay = Decay()
    result = decay.run(RangeTest(0.25, 0.5, num_iter=2, align="effect"))
    assert decay.lrs == [0.25, 0.5, 0.5]
    np.testing.assert_allclose(result.losses, losses_of([0.25, 0.5, 0.5])[1:], rtol=1e-14)


def test_a_diverging_loss_ends_the_test() -> None:
    decay = Decay()
    result = decay.run(RangeTest(4.0, 64.0, num_iter=50, beta=0.0))
    assert (result.stop_reason, len(result.losses)) == (StopReason.diverged, 2)
    np.testing.assert_allclose(result.losses, [0.5, 4.5], rtol=1e-14)
    assert decay.state() == UNTOUCHED


def test_validation_loss_training_loss_and_metric_are_recorded() -> None:
    decay = Decay()

    def step(batches: Sequence[Any]) -> StepResult:
        training_loss = decay.step(batches).loss
        return StepResult(decay.w.item(), training_loss=training_loss, metric=-training_loss)

    result = decay.run(RangeTest(0.25, 0.5, num_iter=2), step=step)
    assert result.losses.tolist() == [0.75, 0.375]
    assert result.training_losses is not None
    assert result.training_losses.tolist() == [0.5, 0.28125]
    assert result.metrics is not None
    assert result.metrics.tolist() == [-0.5, -0.28125]


# Learning rates of groups


def optimizers_of_groups() -> tuple[list[torch.optim.Optimizer], list[list[float]]]:
    """Two optimizers with one and two groups, and a list that each update of the second adds its rates to."""
    first, second, third = (nn.Parameter(torch.ones(1)) for _ in range(3))
    optimizers = [torch.optim.SGD([first], lr=1.0), torch.optim.Adam([{"params": [second]}, {"params": [third]}])]
    seen: list[list[float]] = []

    def see(*_: Any) -> None:
        seen.append([group["lr"] for optimizer in optimizers for group in optimizer.param_groups])

    optimizers[1].register_step_pre_hook(see)
    return optimizers, seen


def test_every_group_of_every_optimizer_gets_its_own_lr() -> None:
    optimizers, seen = optimizers_of_groups()

    def step(batches: Sequence[Any]) -> StepResult:
        optimizers[1].step()
        return StepResult(1.0)

    range_test = RangeTest([1.0, 0.5, 2.0], [4.0, 8.0, 32.0], num_iter=3)
    result = run_range_tests([range_test], optimizers, "a", step, Snapshot([], optimizers), progress=False)
    np.testing.assert_allclose(seen, [[1, 0.5, 2], [2, 2, 8], [4, 8, 32]], rtol=1e-14)
    assert result.group_lrs is not None
    assert result.group_lrs.tolist() == seen
    assert [group["lr"] for optimizer in optimizers for group in optimizer.param_groups] == [1.0, 1e-3, 1e-3]


def test_one_lr_applies_to_every_group() -> None:
    optimizers, seen = optimizers_of_groups()

    def step(batches: Sequence[Any]) -> StepResult:
        optimizers[1].step()
        return StepResult(1.0)

    range_test = RangeTest(1.0, 4.0, num_iter=3)
    run_range_tests([range_test], optimizers, "a", step, Snapshot([], optimizers), progress=False)
    assert seen == [[lr] * 3 for lr in range_test.lrs.tolist()]


def test_learning_rates_of_another_number_of_groups_are_refused() -> None:
    optimizers, seen = optimizers_of_groups()
    range_test = RangeTest([1.0, 0.5], 4.0)
    with pytest.raises(ValueError, match="range_test must have one lr for each of the 3 param groups, but has 2"):
        run_range_tests([range_test], optimizers, "a", pytest.fail, Snapshot([], optimizers), progress=False)
    assert not seen


def test_a_tensor_lr_is_filled_in_place() -> None:
    lr = torch.tensor(0.5, dtype=torch.float64)
    decay = Decay(lr)
    result = decay.run(RangeTest(0.01, 0.16, num_iter=5))
    assert decay.lrs == result.lrs.tolist()
    assert decay.optimizer.param_groups[0]["lr"] is lr
    assert decay.state() == UNTOUCHED


# Batches


def test_a_loader_is_read_again_when_it_is_exhausted() -> None:
    decay = Decay()
    decay.run(RangeTest(0.01, 0.16, num_iter=5), loader="abc")
    assert decay.batches == [["a"], ["b"], ["c"], ["a"], ["b"]]


def test_an_update_may_span_the_end_of_the_loader() -> None:
    decay = Decay()
    decay.run(RangeTest(0.01, 0.16, num_iter=3), loader="abc", batches_per_update=2)
    assert decay.batches == [["a", "b"], ["c", "a"], ["b", "c"]]


def test_an_exhausted_iterator_stops_before_a_partial_update() -> None:
    decay = Decay()
    result = decay.run(RangeTest(0.01, 0.16, num_iter=5), loader=iter("abcde"), batches_per_update=2)
    assert decay.batches == [["a", "b"], ["c", "d"]]
    assert (result.stop_reason, len(result.losses)) == (StopReason.data_exhausted, 2)
    assert decay.state() == UNTOUCHED


@pytest.mark.parametrize("end_lr", [0.16, 1e9], ids=["finished", "diverged"])
def test_no_batch_is_taken_from_an_iterator_that_is_not_used(end_lr: float) -> None:
    decay = Decay()
    batches = iter(range(100))
    decay.run(RangeTest(0.01, end_lr, num_iter=5), loader=batches)
    assert next(batches) == decay.batches[-1][0] + 1


@pytest.mark.parametrize(
    ("loader", "batches_per_update", "message"),
    [
        ([], 1, r"train_loader must hold at least one batch, but \[\] is empty"),
        ([], 3, r"train_loader must hold at least 3 batches, but \[\] is empty"),
        (iter("ab"), 3, r"train_loader must hold at least 3 batches, but <str.*iterator.*> holds 2"),
    ],
)
def test_a_loader_without_the_batches_of_one_update_is_refused(
    loader: Iterable[Any], batches_per_update: int, message: str
) -> None:
    decay = Decay()
    with pytest.raises(ValueError, match=message):
        decay.run(RangeTest(), loader=loader, batches_per_update=batches_per_update)
    assert not decay.batches
    assert decay.state() == UNTOUCHED


# Repeats


def test_each_repeat_restores_state_but_not_data_and_random_numbers() -> None:
    decay = Decay()
    drawn: list[float] = []
    starts: list[float] = []

    def step(batches: Sequence[Any]) -> StepResult:
        starts.append(decay.w.item())
        drawn.append(torch.rand(()).item())
        return decay.step(batches)

    state = torch.get_rng_state()
    decay.run(*(RangeTest(0.25, 0.5, num_iter=2) for _ in range(3)), loader="abcd", step=step)
    assert starts == [1.0, 0.75] * 3
    assert decay.lrs == [0.25, 0.5] * 3
    assert decay.batches == [["a"], ["b"], ["c"], ["d"], ["a"], ["b"]]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.rand(6).tolist() == drawn
    assert decay.state() == UNTOUCHED


def test_the_result_of_repeats_is_their_mean_and_holds_them_all() -> None:
    decay = Decay()
    range_tests = [RangeTest(0.25, 0.5, num_iter=2) for _ in range(2)]

    def step(batches: Sequence[Any]) -> StepResult:
        return StepResult(decay.step(batches).loss + batches[0])

    result = decay.run(*range_tests, loader=[0.0, 0.0, 1.0, 2.0], step=step)
    assert list(result.repeats) == [range_test.result() for range_test in range_tests]
    assert result.repeats[1].losses.tolist() == [1.5, 2.28125]
    assert result.losses.tolist() == [1.0, 1.28125]


def test_exhausted_data_keep_the_earlier_repeats() -> None:
    decay = Decay()
    range_tests = [RangeTest(0.25, 0.5, num_iter=2) for _ in range(3)]
    result = decay.run(*range_tests, loader=iter("ab"))
    assert [test.stop_reason for test in range_tests] == [StopReason.finished] + [StopReason.data_exhausted] * 2
    assert result == range_tests[0].result()


# Updates that the optimizer did not do


def test_a_skipped_update_is_neither_recorded_nor_counted() -> None:
    decay = Decay()
    updated = iter([False, True, False, False, True, True])

    def step(batches: Sequence[Any]) -> StepResult:
        if next(updated):
            return decay.step(batches)
        decay.lrs.append(decay.optimizer.param_groups[0]["lr"])
        return StepResult(float("nan"), updated=False)

    result = decay.run(RangeTest(1.0, 4.0, num_iter=3, divergence_factor=1e9), step=step, loader="abcdef")
    one, two, four = result.lrs.tolist()
    assert decay.lrs == [one, one, two, two, two, four]
    assert decay.batches == [["b"], ["e"], ["f"]]
    assert result.losses.tolist() == [0.5, 0.0, 0.0]


@pytest.mark.parametrize(("skipped", "reason"), [(256, StopReason.finished), (257, StopReason.nonfinite)])
def test_too_many_skipped_updates_in_a_row_end_the_test(skipped: int, reason: StopReason) -> None:
    decay = Decay()
    updated = iter([True] + [False] * skipped + [True])

    def step(batches: Sequence[Any]) -> StepResult:
        return decay.step(batches)._replace(updated=next(updated))

    result = decay.run(RangeTest(0.01, 0.02, num_iter=2), step=step)
    assert (result.stop_reason, len(result.losses)) == (reason, 2 if reason is StopReason.finished else 1)
    assert decay.state() == UNTOUCHED


def test_a_test_without_any_update_gives_an_empty_curve() -> None:
    result = Decay().run(RangeTest(), step=lambda batches: StepResult(1.0, updated=False))
    assert (result.stop_reason, len(result.losses)) == (StopReason.nonfinite, 0)


# Exceptions


class Loader:
    """Tells whether the reading of it has been ended, and draws a random number then."""

    def __init__(self) -> None:
        self.closed = False

    def __iter__(self) -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            torch.rand(())
            self.closed = True


def interrupted_at(decay: Decay, update: int, error: type[BaseException]) -> Callable[[Sequence[Any]], StepResult]:
    def step(batches: Sequence[Any]) -> StepResult:
        measurement = decay.step(batches)
        if len(decay.batches) == update:
            raise error
        return measurement

    return step


@pytest.mark.parametrize("error", [ArithmeticError, KeyboardInterrupt])
def test_an_exception_restores_everything_and_closes_the_loader(error: type[BaseException]) -> None:
    decay, loader = Decay(), Loader()
    state = torch.get_rng_state()
    with pytest.raises(error) as raised:
        decay.run(RangeTest(), loader=loader, step=interrupted_at(decay, 7, error))
    assert raised.tb  # whose frames hold what was read: it is not closed because it has been forgotten
    assert decay.state() == UNTOUCHED
    assert torch.equal(torch.get_rng_state(), state)
    assert loader.closed


def test_ctrl_c_interrupts_the_test_and_keeps_its_curve() -> None:
    decay = Decay()
    range_tests = [RangeTest(0.25, 0.5, num_iter=3), RangeTest(0.25, 0.5, num_iter=3)]
    with pytest.raises(KeyboardInterrupt):
        decay.run(*range_tests, step=interrupted_at(decay, 3, KeyboardInterrupt))
    assert [test.stop_reason for test in range_tests] == [StopReason.interrupted, None]
    result = combined_result(range_tests)
    assert result.stop_reason is StopReason.interrupted
    np.testing.assert_allclose(result.losses, [0.5, 0.28125], rtol=1e-15)


def test_only_finished_repeats_make_the_curve() -> None:
    decay = Decay()
    range_tests = [RangeTest(0.25, 0.5, num_iter=2) for _ in range(3)]
    with pytest.raises(KeyboardInterrupt):
        decay.run(*range_tests, step=interrupted_at(decay, 4, KeyboardInterrupt))
    assert [test.stop_reason for test in range_tests] == [StopReason.finished, StopReason.interrupted, None]
    assert combined_result(range_tests) == range_tests[0].result()


# The progress bar


def test_the_progress_bar_shows_updates_lr_and_loss(capsys: pytest.CaptureFixture[str]) -> None:
    Decay().run(RangeTest(0.25, 0.5, num_iter=2), RangeTest(0.25, 0.5, num_iter=2), progress=True)
    shown = capsys.readouterr().err
    assert "4/4" in shown
    assert "lr=5.00e-01, loss=0.2812" in shown


def test_no_progress_bar_is_shown_where_none_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    Decay().run(RangeTest(0.25, 0.5, num_iter=2), progress=False)
    assert capsys.readouterr() == ("", "")


def test_the_progress_bar_is_left_out_without_tqdm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # what an import finds then is that there is no such module
    result = Decay().run(RangeTest(0.25, 0.5, num_iter=2), progress=True)
    assert (len(result.losses), capsys.readouterr()) == (2, ("", ""))


def test_the_progress_bar_is_closed_after_an_exception(capsys: pytest.CaptureFixture[str]) -> None:
    decay = Decay()
    with pytest.raises(ArithmeticError):
        decay.run(RangeTest(), step=interrupted_at(decay, 3, ArithmeticError), progress=True)
    assert capsys.readouterr().err.endswith("\n")
