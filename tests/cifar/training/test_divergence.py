"""When a training run is said to have diverged."""

from __future__ import annotations

import json
import math

import pytest

from lrcore.cifar.training.divergence import Diverged, DivergenceGuard
from lrcore.cifar.training.trainer import Update


def first_refused(losses: list[float], guard: DivergenceGuard | None = None) -> int | None:
    guard = DivergenceGuard() if guard is None else guard
    for step, loss in enumerate(losses):
        try:
            guard.check(Update(step, 0.1, 0.1, loss, 0, 10))
        except Diverged as diverged:
            return diverged.step
    return None


def smoothed(losses: list[float]) -> list[float]:
    """By hand: sum of 0.9^(t-i) * 0.1 * x_i over 1 - 0.9^t."""
    return [
        sum(0.1 * 0.9 ** (t - i) * losses[i - 1] for i in range(1, t + 1)) / (1 - 0.9**t)
        for t in range(1, len(losses) + 1)
    ]


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("before", [[], [2.3], [2.3, 2.0, 1.0]])
def test_a_loss_that_is_no_finite_number_is_refused_at_once(loss: float, before: list[float]) -> None:
    assert first_refused([*before, loss]) == len(before)


def test_a_smoothed_loss_above_four_times_its_best_diverges() -> None:
    losses = [2.3] * 5 + [1.0] * 60 + [8.0] * 20
    values = smoothed(losses)
    expected = next(t for t, value in enumerate(values) if value > 4 * min(values[: t + 1]))
    assert first_refused(losses) == expected


def test_a_warm_restart_from_a_tiny_loss_is_no_divergence() -> None:
    assert first_refused([2.3] * 5 + [0.01] * 200 + [0.5] * 100) is None


def test_a_loss_above_the_untrained_loss_diverges() -> None:
    losses = [2.3] * 5 + [0.01] * 200 + [3.0] * 100
    values = smoothed(losses)
    assert first_refused(losses) == next(t for t, value in enumerate(values) if t > 5 and value > 2.3)


def test_it_resumes_from_its_json_state() -> None:
    losses = [2.3] * 5 + [1.0] * 60 + [8.0] * 20
    guard = DivergenceGuard()
    assert first_refused(losses[:66], guard) is None
    resumed = DivergenceGuard()
    resumed.load_state_dict(json.loads(json.dumps(guard.state_dict())))
    assert first_refused(losses[66:], resumed) == first_refused(losses) - 66


def test_the_sentence_names_update_loss_and_learning_rate() -> None:
    guard = DivergenceGuard()
    with pytest.raises(
        Diverged, match=r"^training diverged at update 3: the loss is not a finite number \(inf at lr 2\)$"
    ):
        guard.check(Update(3, 2.0, 2.0, math.inf, 0, 1))
