"""One update of the finder: loss, learning rate, accumulation and mixed precision."""

from __future__ import annotations

import itertools
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lrcore import RangeTestResult, StopReason
from lrcore.torch import LRFinder

mse = nn.functional.mse_loss


def linear(**options: Any) -> tuple[nn.Linear, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = nn.Linear(2, 1, dtype=torch.float64)
    return model, torch.optim.SGD(model.parameters(), **{"lr": 0.01, **options})


def pairs(*sizes: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    generator = torch.Generator().manual_seed(1)
    inputs = [torch.randn(size, 2, generator=generator, dtype=torch.float64) for size in sizes]
    return [(batch, batch.sum(dim=1, keepdim=True) + 1) for batch in inputs]


def find(finder: LRFinder, loader: Any, **options: Any) -> RangeTestResult:
    return finder.range_test(loader, **{"start_lr": 1e-3, "end_lr": 1e-1, "num_iter": 8, "progress": False, **options})


def spied_lrs(optimizer: torch.optim.Optimizer) -> list[float]:
    """A list that gets the learning rate of the first group at each step of `optimizer`."""
    used: list[float] = []
    optimizer.register_step_pre_hook(lambda spied, *_: used.append(float(spied.param_groups[0]["lr"])))
    return used


# Accumulation


def joined(batches: list[tuple[torch.Tensor, torch.Tensor]], steps: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Each `steps` batches as one."""
    groups = [batches[i : i + steps] for i in range(0, len(batches), steps)]
    return [(torch.cat([x for x, _ in group]), torch.cat([y for _, y in group])) for group in groups]


@pytest.mark.parametrize("steps", [2, 3])
def test_accumulated_batches_update_like_one_large_batch(steps: int) -> None:
    batches = pairs(*[8, 3, 5, 1, 16, 2] * 4)
    large = find(LRFinder(*linear(), mse), joined(batches, steps))
    accumulated = find(LRFinder(*linear(), mse), batches, accumulation_steps=steps)
    np.testing.assert_allclose(accumulated.losses, large.losses, rtol=1e-12)
    assert accumulated.lrs.tolist() == large.lrs.tolist()


def test_accumulation_does_one_update_for_each_recorded_lr() -> None:
    model, optimizer = linear()
    used = spied_lrs(optimizer)
    result = find(LRFinder(model, optimizer, mse), pairs(4, 4, 4), accumulation_steps=4)
    assert used == result.lrs.tolist()
    assert len(used) == 8


def test_an_update_whose_batches_run_out_is_not_done() -> None:
    result = find(LRFinder(*linear(), mse), iter(pairs(*[4] * 11)), accumulation_steps=2)
    assert (result.stop_reason, len(result.lrs)) == (StopReason.data_exhausted, 5)


def test_the_loss_that_the_criterion_returned_is_not_changed() -> None:
    returned = []

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        returned.append((mse(outputs, targets), mse(outputs, targets).item()))
        return returned[-1][0]

    find(LRFinder(*linear(), criterion), pairs(4, 4), accumulation_steps=2)
    assert [loss.item() for loss, _ in returned] == [value for _, value in returned]


# Mixed precision


def batches_of_large_losses() -> list[tuple[torch.Tensor, torch.Tensor]]:
    return [(inputs.float(), 1000 * targets.float()) for inputs, targets in pairs(4, 4, 4)]


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
@pytest.mark.parametrize("fused", [False, True])
def test_a_skipped_update_is_neither_recorded_nor_counted(name: str, fused: bool) -> None:
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = getattr(torch.optim, name)(model.parameters(), lr=0.01, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    values: list[bytes] = []

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        values.append(model.weight.detach().numpy().tobytes())
        return mse(outputs, targets)

    finder = LRFinder(model, optimizer, criterion, grad_scaler=scaler)
    result = find(finder, batches_of_large_losses(), start_lr=1e-6, end_lr=1e-5)
    assert (result.stop_reason, len(result.lrs)) == (StopReason.finished, 8)
    skipped = sum(before == after for before, after in pairwise(values))
    assert skipped > 5
    assert len(values) == 8 + skipped
    assert scaler.get_scale() == 2.0**127


def test_recorded_lrs_were_used_despite_skipped_updates() -> None:
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    used = spied_lrs(optimizer)
    calls = itertools.count(1)

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        next(calls)
        return mse(outputs, targets)

    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    finder = LRFinder(model, optimizer, criterion, grad_scaler=scaler)
    result = find(finder, batches_of_large_losses(), start_lr=1e-4, end_lr=1e-3)
    assert used == result.lrs.tolist()
    assert next(calls) > 8 + 5


def test_scaled_gradients_give_the_same_curve() -> None:
    plain = find(LRFinder(*linear(), mse), pairs(4, 4))
    scaled = find(LRFinder(*linear(), mse, grad_scaler=torch.amp.GradScaler("cpu", init_scale=2.0**10)), pairs(4, 4))
    assert scaled == plain


def test_gradients_that_overflow_at_every_scale_end_the_test() -> None:
    model, optimizer = linear()
    model.weight.register_hook(lambda gradient: gradient * math.inf)
    finder = LRFinder(model, optimizer, mse, grad_scaler=torch.amp.GradScaler("cpu"))
    result = find(finder, pairs(4))
    assert (result.stop_reason, len(result.lrs)) == (StopReason.nonfinite, 0)


def test_a_non_finite_loss_stops_despite_a_skipped_update() -> None:
    calls = itertools.count()

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return mse(outputs, targets) * (math.inf if next(calls) == 3 else 1.0)

    finder = LRFinder(*linear(), criterion, grad_scaler=torch.amp.GradScaler("cpu", init_scale=1.0))
    result = find(finder, pairs(4))
    assert (result.stop_reason, result.losses.tolist()[3:]) == (StopReason.nonfinite, [math.inf])


@pytest.mark.parametrize("config", [None, {}, {"dtype": torch.bfloat16}, {"device_type": "cpu"}])
def test_training_and_validation_losses_use_autocast(config: dict[str, Any] | None) -> None:
    dtypes = []

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        dtypes.append(outputs.dtype)
        return mse(outputs, targets.to(outputs.dtype))

    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    finder = LRFinder(model, optimizer, criterion, amp_backend="torch", amp_config=config)
    batches = [(torch.ones(3, 2), torch.ones(3, 1))]
    find(finder, batches, val_loader=batches, num_iter=2)
    assert dtypes == [torch.bfloat16] * 4
    assert not torch.is_autocast_enabled("cpu")


def test_without_a_backend_nothing_is_cast() -> None:
    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        assert outputs.dtype == torch.float64
        return mse(outputs, targets)

    find(LRFinder(*linear(), criterion, amp_backend=None, amp_config={"dtype": torch.bfloat16}), pairs(4))


# Several learning rates


def two_groups() -> tuple[nn.Sequential, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 1)).double()
    groups = [{"params": model[0].parameters(), "lr": 0.01}, {"params": model[1].parameters(), "lr": 0.04}]
    return model, torch.optim.SGD(groups)


@pytest.mark.parametrize(
    ("ends", "starts", "stops"),
    [
        ({"start_lr": None, "end_lr": 1.0}, [0.01, 0.04], [1.0, 1.0]),
        ({"start_lr": 0.1, "end_lr": 1.0}, [0.1, 0.1], [1.0, 1.0]),
        ({"start_lr": [0.1, 0.2], "end_lr": 1.0}, [0.1, 0.2], [1.0, 1.0]),
        ({"start_lr": 0.1, "end_lr": (1.0, 2.0)}, [0.1, 0.1], [1.0, 2.0]),
        ({"start_lr": None, "end_lr": [1.0, 4.0]}, [0.01, 0.04], [1.0, 4.0]),
    ],
)
@pytest.mark.parametrize("step_mode", ["exp", "linear"])
def test_every_group_has_its_own_sweep(
    step_mode: str, ends: dict[str, Any], starts: list[float], stops: list[float]
) -> None:
    model, optimizer = two_groups()
    used: list[list[float]] = []
    optimizer.register_step_pre_hook(lambda spied, *_: used.append([group["lr"] for group in spied.param_groups]))
    result = find(LRFinder(model, optimizer, mse), pairs(4), num_iter=5, diverge_th=1e9, step_mode=step_mode, **ends)
    spaced = {"exp": np.geomspace, "linear": np.linspace}[step_mode]
    np.testing.assert_allclose(np.array(used).T, [spaced(*each, 5) for each in zip(starts, stops, strict=True)])
    assert (used[0], used[-1]) == (starts, stops)
    assert result.lrs.tolist() == [lr for lr, _ in used]
    if result.group_lrs is not None:
        assert result.group_lrs.tolist() == used
    assert [group["lr"] for group in optimizer.param_groups] == [0.01, 0.04]


# Repeats, batches per lr, alignment, metric


def test_repeats_start_from_one_state_on_successive_batches() -> None:
    batches = pairs(4, 4, 4, 4)
    repeated = find(LRFinder(*linear(), mse), batches, num_iter=2, repeats=2)
    single = [find(LRFinder(*linear(), mse), part, num_iter=2) for part in (batches[:2], batches[2:])]
    assert list(repeated.repeats) == single
    np.testing.assert_allclose(repeated.losses, (single[0].losses + single[1].losses) / 2, rtol=1e-15)


def test_several_batches_with_each_lr_give_their_mean_loss() -> None:
    model, optimizer = linear()
    used = spied_lrs(optimizer)
    result = find(LRFinder(model, optimizer, mse), pairs(4, 4), num_iter=3, batches_per_lr=2)
    assert used == np.repeat(result.lrs, 2).tolist()
    assert len(result.losses) == 3


def test_an_lr_can_be_paired_with_the_loss_that_shows_its_effect() -> None:
    used = find(LRFinder(*linear(), mse), pairs(4, 4, 4), num_iter=4)
    effect = find(LRFinder(*linear(), mse), pairs(4, 4, 4), num_iter=4, align="effect")
    assert effect.losses.tolist()[:3] == used.losses.tolist()[1:]
    assert effect.lrs.tolist() == used.lrs.tolist()


def test_a_metric_of_the_training_batches_is_recorded() -> None:
    def largest(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        assert not torch.is_grad_enabled()
        return targets.max()

    batches = pairs(4, 4, 4)
    result = find(LRFinder(*linear(), mse), batches, num_iter=3, metric=largest)
    assert result.metrics is not None
    assert result.metrics.tolist() == [targets.max().item() for _, targets in batches]


def test_the_accumulated_metric_is_the_mean_over_samples() -> None:
    batches = pairs(1, 3)
    result = find(
        LRFinder(*linear(), mse), batches, num_iter=2, accumulation_steps=2, metric=lambda _, targets: len(targets)
    )
    assert result.metrics is not None
    assert result.metrics.tolist() == [1 / 4 * 1 + 3 / 4 * 3] * 2
