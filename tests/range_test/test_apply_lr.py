"""Setting the learning rate that was found on real optimizers of PyTorch and Keras."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
import torch

from lrcore import Exponential, RangeTestResult, StopReason

SWEEP = Exponential(1e-5, 1.0, 101).values(0, 101)
FALL = 2.3 - 1 / (1 + (1e-3 / SWEEP) ** 2) + (SWEEP / 0.3) ** 4


def result(*others: tuple[float, float]) -> RangeTestResult:
    """Of a sweep from 1e-5 to 1 in the first group, and from one learning rate to another in each other group."""
    columns = [SWEEP, *(Exponential(start, end, 101).values(0, 101) for start, end in others)]
    return RangeTestResult(
        SWEEP, FALL, FALL, StopReason.diverged, group_lrs=np.column_stack(columns) if others else None
    )


def flat() -> RangeTestResult:
    return RangeTestResult(SWEEP, np.ones(101), np.ones(101), StopReason.finished)


def sgd(*lrs: float | torch.Tensor, **options: Any) -> torch.optim.SGD:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(2))], "lr": lr} for lr in lrs]
    return torch.optim.SGD(groups, lr=0.5, **options)


def lrs_of(optimizer: torch.optim.Optimizer) -> list[float]:
    return [float(group["lr"]) for group in optimizer.param_groups]


# PyTorch


def test_the_suggestion_is_set() -> None:
    optimizer = sgd(0.5)
    assert result().apply(optimizer) == (result().suggestion().lr,)
    assert lrs_of(optimizer) == [result().suggestion().lr]


def test_the_next_update_uses_the_applied_lr() -> None:
    parameter = torch.nn.Parameter(torch.tensor([1.0, 2.0], dtype=torch.float64))
    optimizer = torch.optim.SGD([parameter], lr=0.5)
    result().apply(optimizer, lr=0.25, scale=0.5)
    parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    assert parameter.tolist() == [0.875, 1.875]


def test_a_given_lr_and_a_scale_are_multiplied() -> None:
    optimizer = sgd(0.5)
    assert result().apply(optimizer, lr=0.25, scale=3) == (0.75,)
    assert flat().apply(optimizer, lr=0.5) == (0.5,)
    assert lrs_of(optimizer) == [0.5]


def test_groups_keep_the_ratios_that_the_optimizer_has() -> None:
    optimizer = sgd(0.5, 0.25, 0.0, 2.0)
    assert result().apply(optimizer, lr=0.125) == (0.125, 0.0625, 0.0, 0.5)
    assert lrs_of(optimizer) == [0.125, 0.0625, 0.0, 0.5]


def test_groups_that_all_have_lr_0_get_one_lr() -> None:
    assert result().apply(sgd(0.0, 0.0), lr=0.125) == (0.125, 0.125)


def test_a_single_lr_sweep_keeps_the_optimizers_group_ratios() -> None:
    assert result((1e-5, 1.0)).apply(sgd(0.5, 0.25), lr=0.125) == (0.125, 0.0625)


def test_groups_get_the_ratios_that_the_sweep_had_at_that_lr() -> None:
    swept = result((1e-6, 0.1), (1e-2, 1.0))  # a tenth everywhere; and 1000 times the first falling to once
    optimizer = sgd(0.5, 0.5, 0.5)
    np.testing.assert_allclose(swept.apply(optimizer, lr=1e-5), [1e-5, 1e-6, 1e-2], rtol=1e-12)
    np.testing.assert_allclose(swept.apply(optimizer, lr=1.0), [1.0, 0.1, 1.0], rtol=1e-12)
    # Half-way in log lr the third group is at sqrt(1e-2 * 1).
    np.testing.assert_allclose(swept.apply(optimizer, lr=10**-2.5), [10**-2.5, 10**-3.5, 0.1], rtol=1e-12)
    np.testing.assert_allclose(swept.apply(optimizer, lr=10**-2.5, scale=10), [10**-1.5, 10**-2.5, 1], rtol=1e-12)
    np.testing.assert_allclose(lrs_of(optimizer), [10**-1.5, 10**-2.5, 1], rtol=1e-12)


def test_between_two_points_the_ratio_is_interpolated_in_log_lr() -> None:
    point = swept = result((1e-2, 1.0))
    between = np.sqrt(SWEEP[40] * SWEEP[41])
    expected = np.sqrt(point.group_lrs[40, 1] * point.group_lrs[41, 1])
    np.testing.assert_allclose(swept.apply(sgd(0.5, 0.5), lr=between), [between, expected], rtol=1e-12)


def test_beyond_the_sweep_the_end_ratio_is_used() -> None:
    swept = result((1e-6, 1.0))
    np.testing.assert_allclose(swept.apply(sgd(0.5, 0.5), lr=1e-7), [1e-7, 1e-8], rtol=1e-12)
    np.testing.assert_allclose(swept.apply(sgd(0.5, 0.5), lr=7.0), [7.0, 7.0], rtol=1e-12)


def test_a_tensor_lr_is_filled_in_place() -> None:
    first, second = torch.tensor(0.5, dtype=torch.float64), torch.tensor(0.25)
    optimizer = sgd(first, second, 1.0)
    result().apply(optimizer, lr=0.125)
    assert optimizer.param_groups[0]["lr"] is first
    assert optimizer.param_groups[1]["lr"] is second
    assert lrs_of(optimizer) == [0.125, 0.0625, 0.25]
    assert isinstance(optimizer.param_groups[2]["lr"], float)


@pytest.mark.parametrize(
    ("make", "arguments", "sentence"),
    [
        (flat, {}, "there is no learning rate to apply: the loss never fell by more than its noise"),
        (result, {"lr": 0}, "lr must be a finite number greater than 0, but got 0.0"),
        (result, {"lr": float("nan")}, "lr must be a finite number greater than 0, but got nan"),
        (result, {"scale": -1}, "scale must be a finite number greater than 0, but got -1.0"),
        (result, {"scale": float("inf")}, "scale must be a finite number greater than 0, but got inf"),
        (result, {"lr": 1e300, "scale": 1e300}, "the learning rates to set must be finite, but got (inf, inf)"),
        (lambda: result((1e-6, 1.0), (1e-6, 1.0)), {}, "optimizer must have the 3 groups of the sweep, but has 2"),
        (lambda: result((1e-5, 1.0), (1e-5, 1.0)), {}, "optimizer must have the 3 groups of the sweep, but has 2"),
    ],
)  # fmt: skip
def test_an_inapplicable_lr_is_refused_and_changes_nothing(make: Any, arguments: Any, sentence: str) -> None:
    optimizer = sgd(0.5, 0.25)
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make().apply(optimizer, **arguments)
    assert lrs_of(optimizer) == [0.5, 0.25]


def test_no_ratio_can_be_kept_to_a_first_group_of_lr_0() -> None:
    optimizer = sgd(0.0, 0.25)
    with pytest.raises(ValueError, match=r"^lr of the first group must not be 0, .*, but got \[0\.0, 0\.25\]$"):
        result().apply(optimizer)
    assert lrs_of(optimizer) == [0.0, 0.25]


def test_wrong_types_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^optimizer must have param_groups or a learning_rate, but got Linear$"):
        result().apply(torch.nn.Linear(1, 1))
    with pytest.raises(TypeError, match=r"^lr must be a number, but got '0\.1'$"):
        result().apply(sgd(0.5), lr="0.1")  # type: ignore[arg-type]


# Keras


def test_a_keras_optimizer_gets_the_suggestion() -> None:
    optimizer = keras.optimizers.Adam(0.5)
    variable = optimizer.learning_rate
    assert result().apply(optimizer, scale=0.5) == (0.5 * result().suggestion().lr,)
    assert optimizer.learning_rate is variable
    assert float(optimizer.learning_rate) == np.float32(0.5 * result().suggestion().lr)


def test_a_loss_scale_optimizer_passes_the_lr_to_its_inner_one() -> None:
    inner = keras.optimizers.SGD(0.5)
    result().apply(keras.optimizers.LossScaleOptimizer(inner), lr=0.25)
    assert float(inner.learning_rate) == 0.25


def test_a_keras_schedule_is_refused() -> None:
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.9))
    with pytest.raises(ValueError, match=r"^learning_rate of the optimizer must be a variable, but it is a schedule"):
        result().apply(optimizer)


def test_a_keras_optimizer_refuses_a_sweep_of_several_groups() -> None:
    optimizer = keras.optimizers.SGD(0.5)
    with pytest.raises(ValueError, match=r"^optimizer must have the 2 groups of the sweep, but has 1$"):
        result((1e-6, 1.0)).apply(optimizer)
    assert float(optimizer.learning_rate) == 0.5


def test_applying_imports_no_framework() -> None:
    code = """
import sys
from types import SimpleNamespace
from lrcore import RangeTestResult, StopReason
optimizer = SimpleNamespace(param_groups=[{"lr": 0.5}, {"lr": 0.25}])
RangeTestResult([0.1], [1.0], [1.0], StopReason.finished).apply(optimizer, lr=1.0)
print(optimizer.param_groups, *[name for name in ("torch", "keras", "tensorflow", "matplotlib") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[{'lr': 1.0}, {'lr': 0.5}]\n", "")
