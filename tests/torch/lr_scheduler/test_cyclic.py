from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from lrcore import Tabulated
from lrcore.torch import CyclicLR
from tests.support.torch_runs import run, values

MODES = ["triangular", "triangular2", "exp_range"]
MAKERS = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=7.0, momentum=0.5),
    "adam": lambda groups: torch.optim.Adam(groups, lr=7.0),
}


def groups(count: int = 1) -> list[dict[str, Any]]:
    return [{"params": [torch.nn.Parameter(torch.zeros(1))]} for _ in range(count)]


def curve(
    make: Callable[..., Any], optimizer: torch.optim.Optimizer, steps: int, **arguments: object
) -> np.ndarray[Any, Any]:
    """Learning rate and momentum of each group at each of `steps` updates, as an array of steps x groups x 2."""
    return run(optimizer, make(optimizer, **arguments), steps)


@pytest.mark.parametrize("optimizer", MAKERS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("up", "down"), [(1, 1), (7, None), (10, 3), (3, 10), (50, 50)])
def test_three_cycles_are_those_of_torch(optimizer: str, mode: str, up: int, down: int | None) -> None:
    arguments = {
        "base_lr": 1e-3,
        "max_lr": 0.1,
        "step_size_up": up,
        "step_size_down": down,
        "mode": mode,
        "gamma": 0.99,
    }
    steps = 3 * (up + (down or up)) + 2
    ours = curve(CyclicLR, MAKERS[optimizer](groups()), steps, **arguments)
    peer = curve(torch.optim.lr_scheduler.CyclicLR, MAKERS[optimizer](groups()), steps, **arguments)
    np.testing.assert_allclose(ours, peer, rtol=1e-12, atol=0)


@pytest.mark.parametrize("optimizer", MAKERS)
@pytest.mark.parametrize("mode", MODES)
def test_lists_give_each_group_its_own_bounds_as_in_torch(optimizer: str, mode: str) -> None:
    arguments = {
        "base_lr": [1e-3, 1e-2, 0.1],
        "max_lr": [1.0, 2.0, 3.0],
        "step_size_up": 4,
        "step_size_down": 6,
        "mode": mode,
        "gamma": 0.9,
        "base_momentum": [0.7, 0.8, 0.85],
        "max_momentum": 0.95,
    }
    ours = curve(CyclicLR, MAKERS[optimizer](groups(3)), 25, **arguments)
    peer = curve(torch.optim.lr_scheduler.CyclicLR, MAKERS[optimizer](groups(3)), 25, **arguments)
    assert ours.shape == (25, 3, 2)
    np.testing.assert_allclose(ours, peer, rtol=1e-12, atol=0)


def test_the_ends_of_the_triangle_are_exact() -> None:
    ours = curve(CyclicLR, MAKERS["sgd"](groups()), 7, base_lr=0.1, max_lr=0.7, step_size_up=3)
    assert ours[[0, 3, 6], 0].tolist() == [[0.1, 0.9], [0.7, 0.8], [0.1, 0.9]]


def test_momentum_is_left_alone_without_cycle_momentum() -> None:
    ours = curve(CyclicLR, MAKERS["sgd"](groups()), 5, base_lr=0.1, max_lr=0.2, step_size_up=2, cycle_momentum=False)
    assert ours[:, 0, 1].tolist() == [0.5] * 5


def test_an_optimizer_without_momentum_is_cycled_all_the_same() -> None:
    optimizer = torch.optim.Adagrad(groups(), lr=7.0)
    scheduler = CyclicLR(optimizer, 0.25, 0.75, step_size_up=2)
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] == 0.5


def test_groups_store_initial_lr_but_no_bounds() -> None:
    optimizer = MAKERS["sgd"](groups())
    keys = set(optimizer.param_groups[0])
    CyclicLR(optimizer, 0.1, 0.2)
    assert set(optimizer.param_groups[0]) == keys | {"initial_lr"}
    assert optimizer.param_groups[0]["initial_lr"] == 7.0


def test_a_group_added_later_cycles_as_the_first() -> None:
    optimizer = MAKERS["sgd"](groups(2))
    scheduler = CyclicLR(optimizer, [0.25, 1.0], [0.75, 2.0], step_size_up=2)
    optimizer.add_param_group(groups()[0])
    scheduler.step()
    assert values(optimizer)[2] == values(optimizer)[0] == (0.5, pytest.approx(0.85, rel=1e-15))


@pytest.mark.parametrize("optimizer", MAKERS)
@pytest.mark.parametrize("scale_mode", ["cycle", "iterations"])
def test_a_scale_as_data_is_torchs_scale_fn(optimizer: str, scale_mode: str) -> None:
    arguments = {"base_lr": 1e-3, "max_lr": 0.1, "step_size_up": 4, "step_size_down": 3, "scale_mode": scale_mode}
    factors = [0.5 + 0.4 * (-1) ** index / (index + 1) for index in range(60)]
    first = 1 if scale_mode == "cycle" else 0
    peer = curve(
        torch.optim.lr_scheduler.CyclicLR,
        MAKERS[optimizer](groups()),
        50,
        scale_fn=lambda item: factors[item - first],
        **arguments,
    )
    for scale in (factors, Tabulated(factors)):
        ours = curve(CyclicLR, MAKERS[optimizer](groups()), 50, scale_fn=scale, **arguments)
        np.testing.assert_allclose(ours, peer, rtol=1e-12, atol=0)


@pytest.mark.parametrize("mode", MODES)
def test_a_cycle_resumed_at_any_step_is_unchanged(mode: str) -> None:
    arguments = {"base_lr": 1e-3, "max_lr": 0.1, "step_size_up": 3, "step_size_down": 4, "mode": mode, "gamma": 0.9}
    whole = curve(CyclicLR, MAKERS["sgd"](groups()), 20, **arguments)
    for start in range(16):
        optimizer = MAKERS["sgd"](groups())
        scheduler = CyclicLR(optimizer, **arguments)
        for _ in range(start):
            scheduler.step()
        state, optimizer = scheduler.state_dict(), MAKERS["sgd"](groups())
        resumed = CyclicLR(optimizer, **arguments)
        resumed.load_state_dict(state)
        for step in range(start, 20):
            assert values(optimizer) == [tuple(whole[step, 0])]
            resumed.step()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_lr": 0.01}, "max_lr must be greater than base_lr=0.1, but got 0.01"),
        ({"base_lr": -0.1}, "base_lr"),
        ({"base_lr": float("nan")}, "base_lr"),
        ({"mode": "square"}, "mode"),
        ({"step_size_up": 0}, "step_size_up"),
        ({"gamma": 0.0}, "gamma"),
        ({"scale_fn": abs}, "scale_fn must be data, as a function cannot be saved: .* but got <built-in function abs>"),
        ({"scale_fn": [1.0], "scale_mode": "epochs"}, "scale_mode must be 'cycle' or 'iterations', but got 'epochs'"),
        ({"base_lr": [0.1, 0.1]}, "base_lr must have one value for each of the 1 param groups, but got 2"),
        ({"max_momentum": [0.9] * 3}, "max_momentum must have one value for each of the 1 param groups, but got 3"),
    ],
)
def test_bad_arguments_are_refused_by_name_and_change_nothing(arguments: dict[str, Any], message: str) -> None:
    optimizer = MAKERS["sgd"](groups())
    with pytest.raises(ValueError, match=message):
        CyclicLR(optimizer, **{"base_lr": 0.1, "max_lr": 0.2, **arguments})
    assert values(optimizer) == [(7.0, 0.5)]
