"""The numbers of a pair, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lrcore import Trace
from lrcore.cifar.parity import ParityComparison


def pair(
    torch_loss: list[float],
    keras_loss: list[float],
    weight_differences: list[float] | None = None,
    keras_lr: list[float] | None = None,
) -> ParityComparison:
    steps = list(range(len(torch_loss)))
    lrs = [0.5] * len(steps)
    return ParityComparison(
        Trace(steps, lrs, lrs, torch_loss),
        Trace(steps, keras_lr or lrs, keras_lr or lrs, keras_loss),
        np.array(weight_differences or [0.0] * len(steps)),
        np.full(len(steps), 4.0),
    )


def test_losses_are_compared_relative_to_the_larger() -> None:
    losses = pair([2.0, 1.0, 0.0, 0.0, -3.0], [2.5, 1.0, 0.0, 1.0, 3.0])
    np.testing.assert_array_equal(losses.loss_differences, [0.2, 0.0, 0.0, 1.0, 2.0])


def test_weights_are_compared_with_the_largest() -> None:
    np.testing.assert_array_equal(pair([1, 1], [1, 1], [0.0, 1.0]).relative_weight_differences, [0.0, 0.25])


@pytest.mark.parametrize(
    ("keras_loss", "weights", "broken"),
    [
        ([1.0, 1.0 + 9e-11], [1e-9, 1e-9], ()),
        ([1.0, 1.0 + 2e-10], [0.0, 0.0], ("relative loss difference 2.0e-10 at update 1, over 1e-10",)),
        ([1.0, 1.0], [2e-9, 0.0], ("weight difference 2.0e-09 at update 0, over 1e-09",)),
        ([1.0, np.nan], [0.0, np.nan], ("relative loss difference nan at update 1, over 1e-10",)),
        ([1.0, np.inf], [0.0, 0.0], ("relative loss difference nan at update 1, over 1e-10",)),
    ],
)
def test_a_limit_is_broken_by_one_update(keras_loss: list[float], weights: list[float], broken: tuple[str]) -> None:
    assert pair([1.0, 1.0], keras_loss, weights).broken_limits[: max(1, len(broken))] == broken


def test_a_limit_is_broken_by_learning_rates_that_differ() -> None:
    moved = pair([1.0, 1.0], [1.0, 1.0], keras_lr=[0.5, 0.25])
    assert moved.broken_limits == ("lr traces differ: update 1: lr 0.5 against 0.25",)
