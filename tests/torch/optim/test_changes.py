"""Changes of parameters and state between two steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch.testing import assert_close

from lrcore.torch import SGD
from tests.support.sgd_training import drawn, parameters, train


def forget(optimizer: torch.optim.Optimizer, _: torch.Tensor) -> None:
    optimizer.state.clear()


def forget_one(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> None:
    del optimizer.state[parameter]


def replace_the_state(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> None:
    optimizer.state[parameter] = {"momentum_buffer": torch.ones_like(parameter)}


def replace_the_buffer(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> None:
    optimizer.state[parameter]["momentum_buffer"] = torch.full_like(parameter, 2.0)


def write_the_buffer(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> None:
    optimizer.state[parameter]["momentum_buffer"].zero_()


def delete_the_buffer(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> None:
    del optimizer.state[parameter]["momentum_buffer"]


def set_the_buffer_to_none(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> None:
    optimizer.state[parameter]["momentum_buffer"] = None


def swap_the_states(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> None:
    other = optimizer.param_groups[0]["params"][-1]
    optimizer.state[parameter], optimizer.state[other] = optimizer.state[other], optimizer.state[parameter]


def remove_the_parameter(optimizer: torch.optim.Optimizer, _: torch.Tensor) -> None:
    optimizer.param_groups[0]["params"].pop(0)


def replace_the_parameter(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> None:
    optimizer.param_groups[0]["params"][0] = torch.nn.Parameter(torch.ones(33, dtype=parameter.dtype))


def give_it_other_memory(_: torch.optim.Optimizer, parameter: torch.Tensor) -> None:
    parameter.data = torch.arange(33, dtype=parameter.dtype)


def skip_one(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> None:
    for each in optimizer.param_groups[0]["params"]:
        each.grad = None if each is parameter else torch.ones_like(each)
    optimizer.step()


def add_a_group(optimizer: torch.optim.Optimizer, _: torch.Tensor) -> None:
    optimizer.add_param_group({"params": parameters(torch.float64), "momentum": 0.5, "nesterov": True})


def stop_the_momentum(optimizer: torch.optim.Optimizer, _: torch.Tensor) -> None:
    optimizer.param_groups[0]["momentum"] = 0.0


def dampen(optimizer: torch.optim.Optimizer, _: torch.Tensor) -> None:
    optimizer.param_groups[0].update(dampening=0.5, maximize=True, weight_decay=0.1)


CHANGES = [
    forget,
    forget_one,
    replace_the_state,
    replace_the_buffer,
    write_the_buffer,
    delete_the_buffer,
    set_the_buffer_to_none,
    swap_the_states,
    remove_the_parameter,
    replace_the_parameter,
    give_it_other_memory,
    skip_one,
    add_a_group,
    stop_the_momentum,
    dampen,
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("start", [0.9, 0.0])
def test_a_change_between_two_steps_has_torchs_effect(
    change: Callable[[torch.optim.Optimizer, torch.Tensor], None], start: float
) -> None:
    all_params = []
    for make in (SGD, torch.optim.SGD):
        params = [torch.nn.Parameter(drawn(33, torch.float64, seed=index)) for index in range(3)]
        optimizer = make(params, lr=1.0, momentum=start)
        train(optimizer, range(2))
        optimizer.param_groups[0]["momentum"] = 0.9
        if start == 0:
            train(optimizer, range(2, 3))
        change(optimizer, params[0])
        train(optimizer, range(2, 5))
        all_params.append([*params, *(param for group in optimizer.param_groups for param in group["params"])])
    assert_close(*all_params, rtol=1e-12, atol=1e-14)


def test_a_buffer_that_comes_late_is_used() -> None:
    results = []
    for make in (SGD, torch.optim.SGD):
        param = parameters(torch.float64)[0]
        optimizer = make([param], lr=1.0, momentum=0.9)
        optimizer.state[param]["step"] = 0
        param.grad = None
        optimizer.step()
        optimizer.state[param]["momentum_buffer"] = torch.ones_like(param)
        train(optimizer, range(2))
        results.append(param)
    assert_close(*results, rtol=1e-12, atol=1e-14)


def test_parameters_without_gradient_are_skipped() -> None:
    trained, resting = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    optimizer = SGD([resting, trained], lr=0.5, momentum=0.9)
    trained.grad = torch.ones(2)
    optimizer.step()
    assert (trained.tolist(), resting.tolist()) == ([0.5, 0.5], [1.0, 1.0])
    assert resting not in optimizer.state
    assert len(optimizer.state) == 1


def test_without_momentum_no_state_is_made() -> None:
    ours = parameters(torch.float32)
    optimizer = SGD(ours, lr=0.5)
    train(optimizer, range(2))
    assert optimizer.state_dict()["state"] == {}
