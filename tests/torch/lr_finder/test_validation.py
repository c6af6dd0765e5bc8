"""Validation losses in the finder: which batches, which mode, which numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lrcore import RangeTestResult, StopReason
from lrcore.torch import LRFinder, ValDataLoaderIter

mse = nn.functional.mse_loss
ONES = torch.ones(1, 1, dtype=torch.float64)


class Half(nn.Module):
    """Half the square of w * input, w = 1 at first: an update on the input 1 with lr multiplies w by 1 - lr."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.w * inputs


def half_square(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (outputs - targets).square().mean() / 2


def batch(*inputs: float) -> tuple[torch.Tensor, torch.Tensor]:
    column = torch.tensor(inputs, dtype=torch.float64).reshape(-1, 1)
    return column, torch.zeros_like(column)


def find(val_loader: Any, finder: LRFinder | None = None, **options: Any) -> RangeTestResult:
    if finder is None:
        model = Half()
        finder = LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.5), half_square)
    options = {"start_lr": 0.25, "end_lr": 0.5, "num_iter": 3, "progress": False, **options}
    return finder.range_test([batch(1.0)], val_loader, **options)


def weights_after(lrs: np.ndarray) -> np.ndarray:
    return np.cumprod(1 - lrs)


def test_validation_follows_and_training_loss_precedes_each_update() -> None:
    result = find([batch(2.0)])
    after = weights_after(result.lrs)
    np.testing.assert_allclose(result.losses, (2 * after) ** 2 / 2, rtol=1e-13)
    assert result.training_losses is not None
    np.testing.assert_allclose(result.training_losses, np.concatenate([[1.0], after[:-1]]) ** 2 / 2, rtol=1e-13)
    assert result.stop_reason is StopReason.finished


def test_history_holds_the_validation_loss() -> None:
    model = Half()
    finder = LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.5), half_square)
    result = find([batch(2.0)], finder, smooth_f=0)
    assert finder.history == {"lr": result.lrs.tolist(), "loss": result.losses.tolist()}
    assert finder.best_loss == result.losses[-1]


def test_every_validation_sample_weighs_the_same() -> None:
    ragged = find([batch(1.0, 2.0, 3.0), batch(5.0)])
    assert find([batch(1.0, 2.0, 3.0, 5.0)]).losses == pytest.approx(ragged.losses, rel=1e-14)


def test_only_the_first_batches_are_used_and_they_are_read_once() -> None:
    read = []

    class Fresh:
        """Other batches at each reading."""

        def __iter__(self) -> Iterator[Any]:
            for size in (1.0, 2.0, 3.0):
                read.append(size)
                yield batch(size + len(read))

    result = find(Fresh(), val_batches=2)
    assert read == [1.0, 2.0]
    np.testing.assert_allclose(result.losses, weights_after(result.lrs) ** 2 * (2.0**2 + 4.0**2) / 4, rtol=1e-13)


@pytest.mark.parametrize("val_batches", [None, 3, 100])
def test_a_loader_may_hold_fewer_batches_than_are_used(val_batches: int | None) -> None:
    result = find(iter([batch(1.0), batch(2.0), batch(3.0)]), val_batches=val_batches)
    np.testing.assert_allclose(result.losses, weights_after(result.lrs) ** 2 * (1 + 4 + 9) / 6, rtol=1e-13)


@pytest.mark.parametrize("wrap", [list, ValDataLoaderIter], ids=["list", "ValDataLoaderIter"])
def test_validation_loaders_may_be_wrapped(wrap: Any) -> None:
    assert find(wrap([batch(2.0)])) == find([batch(2.0)])


def test_a_shuffling_validation_loader_restores_its_generator() -> None:
    generator = torch.Generator().manual_seed(3)
    state = generator.get_state()
    dataset = TensorDataset(torch.ones(6, 1, dtype=torch.float64), torch.zeros(6, 1, dtype=torch.float64))
    find(DataLoader(dataset, batch_size=2, shuffle=True, generator=generator))
    assert torch.equal(generator.get_state(), state)


def test_validation_runs_in_evaluation_mode_without_gradients() -> None:
    model = nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1)).double()
    model[1].eval()
    seen = []

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        seen.append(([module.training for module in model.modules()], torch.is_grad_enabled()))
        return mse(outputs, targets)

    find([batch(1.0, 2.0)], LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.5), criterion), num_iter=2)
    training = ([True, True, False, True, True], True)
    assert seen == [training, ([False] * 5, False)] * 2
    assert [module.training for module in model.modules()] == training[0]


def test_modes_are_put_back_when_validation_fails() -> None:
    model = nn.Sequential(nn.Linear(1, 1), nn.Dropout(0.5)).double()

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if not model.training:
            raise ArithmeticError
        return mse(outputs, targets)

    with pytest.raises(ArithmeticError):
        find([batch(1.0)], LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.5), criterion))
    assert [module.training for module in model.modules()] == [True, True, True]


def test_the_metric_covers_the_validation_batches() -> None:
    result = find([batch(2.0), batch(4.0, 6.0)], metric=lambda outputs, _: outputs.abs().max())
    assert result.metrics is not None
    np.testing.assert_allclose(result.metrics, weights_after(result.lrs) * (1 / 3 * 2 + 2 / 3 * 6), rtol=1e-13)


def test_a_non_finite_training_loss_stops_before_validation() -> None:
    model = Half()

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return half_square(outputs, targets) * (float("inf") if model.training else 1.0)

    scaler = torch.amp.GradScaler("cpu")
    finder = LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.5), criterion, grad_scaler=scaler)
    result = find([batch(2.0)], finder)
    assert (result.stop_reason, result.losses.tolist()) == (StopReason.nonfinite, [float("inf")])


@pytest.mark.parametrize(
    ("val_loader", "options", "error", "message"),
    [
        ([], {}, ValueError, r"val_loader must hold at least one batch, but \[\] is empty"),
        (3, {}, TypeError, "val_loader must be iterable, but got int"),
        ([batch(1.0)], {"val_batches": 0}, ValueError, "val_batches must be at least 1, but got 0"),
        ([batch(1.0)], {"val_batches": 1.5}, TypeError, "val_batches must be an integer, but got 1.5"),
        (None, {"val_batches": 2}, ValueError, "val_batches must be None without a val_loader, but got 2"),
        ([batch(1.0)], {"align": "effect"}, ValueError, "align must be 'used' with a val_loader"),
    ],
)
def test_bad_validation_arguments_are_refused(
    val_loader: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    model = Half()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    with pytest.raises(error, match=message):
        find(val_loader, LRFinder(model, optimizer, half_square), **options)
    assert (model.w.item(), model.w.grad, optimizer.param_groups[0]["lr"]) == (1.0, None, 0.5)
