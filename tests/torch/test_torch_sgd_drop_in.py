"""What an optimizer of torch does beside its update: hooks, closures, profiles, schedulers, compilation."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, OneCycleLR, StepLR
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.testing import assert_close

import lrcore
from lrcore.torch import SGD, CyclicLR, Scheduler

BOTH = pytest.mark.parametrize("make", [SGD, torch.optim.SGD])


def one(value: float = 1.0) -> nn.Parameter:
    parameter = nn.Parameter(torch.tensor([value]))
    parameter.grad = torch.ones(1)
    return parameter


def linear() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(5, 3, dtype=torch.float64)


def batch(update: int) -> torch.Tensor:
    return torch.randn(4, 5, generator=torch.Generator().manual_seed(update), dtype=torch.float64)


# Hooks


@BOTH
def test_hooks_run_around_the_step_in_torchs_order(make: Any) -> None:
    parameter = one()
    optimizer = make([parameter], lr=0.5)
    seen: list[tuple[str, float]] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *_: seen.append((name, parameter.item()))

    handles = [
        register_optimizer_step_post_hook(note("global post")),
        register_optimizer_step_pre_hook(note("global pre")),
        optimizer.register_step_post_hook(note("post")),
        optimizer.register_step_pre_hook(note("pre")),
    ]
    optimizer.step()
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert seen == [("global pre", 1.0), ("pre", 1.0), ("post", 0.5), ("global post", 0.5)]
    assert parameter.item() == 0.0


@BOTH
def test_a_pre_hook_can_change_the_arguments(make: Any) -> None:
    optimizer = make([one()], lr=0.5)
    seen: list[Any] = []
    optimizer.register_step_pre_hook(lambda self, args, kwargs: ((self, lambda: 3.0), {}))
    optimizer.register_step_post_hook(lambda _, args, kwargs: seen.append((args[1](), kwargs)))
    assert optimizer.step() == 3.0
    assert seen == [(3.0, {})]


@BOTH
def test_a_pre_hook_that_returns_something_else_is_an_error(make: Any) -> None:
    optimizer = make([one()], lr=0.5)
    optimizer.register_step_pre_hook(lambda *_: 3)
    with pytest.raises(RuntimeError, match="must return None or a tuple of"):
        optimizer.step()


@BOTH
def test_a_hook_that_the_closure_registers_runs_in_this_step(make: Any) -> None:
    optimizer = make([one()], lr=0.5)
    seen: list[int] = []

    def closure() -> float:
        optimizer.register_step_post_hook(lambda *_: seen.append(1))
        return 1.0

    optimizer.step(closure=closure)
    assert seen == [1]


@BOTH
def test_state_dict_hooks_run(make: Any) -> None:
    optimizer = make([one()], lr=0.5)
    seen: list[str] = []
    optimizer.register_state_dict_pre_hook(lambda _: seen.append("pre"))
    optimizer.register_state_dict_post_hook(lambda _, state: {**state, "extra": 1})
    assert optimizer.state_dict()["extra"] == 1
    assert seen == ["pre"]


@BOTH
def test_the_profilers_entry_point_is_called_after_the_update(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parameter = one()
    optimizer = make([parameter], lr=0.5)
    seen: list[float] = []
    monkeypatch.setattr(optimizer, "_optimizer_step_code", lambda: seen.append(parameter.item()))
    optimizer.step()
    assert seen == [0.5]


@BOTH
@pytest.mark.parametrize("profile", [torch.profiler.profile, torch.autograd.profiler.profile])
def test_a_step_has_its_name_in_a_profile(make: Any, profile: Any) -> None:
    class Named(make):  # type: ignore[misc]
        pass

    optimizers = make([one()], lr=0.5), Named([one()], lr=0.5)
    with profile() as profiled:
        for optimizer in optimizers:
            optimizer.step()
    names = [event.key for event in profiled.key_averages()]
    assert {"Optimizer.step#SGD.step", "Optimizer.step#Named.step"} <= set(names)


def test_a_step_of_a_subclass_that_calls_this_one_works() -> None:
    class Counting(SGD):
        steps = 0

        def step(self, closure: Any = None) -> Any:
            self.steps += 1
            return super().step(closure)

    parameter = one()
    optimizer = Counting([parameter], lr=0.5)
    optimizer.step()
    assert (optimizer.steps, parameter.item()) == (1, 0.5)


# Steps


@BOTH
def test_the_loss_of_the_closure_is_returned(make: Any) -> None:
    parameter = nn.Parameter(torch.tensor(3.0))
    optimizer = make([parameter], lr=0.25)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = parameter**2
        loss.backward()
        return loss

    with torch.no_grad():
        assert optimizer.step(closure).item() == 9.0
    assert parameter.item() == 3.0 - 0.25 * 6.0
    assert optimizer.step() is None


@BOTH
@pytest.mark.parametrize("set_to_none", [False, True])
def test_zero_grad(make: Any, set_to_none: bool) -> None:
    for options in ({}, {"foreach": True}):
        parameter = one()
        make([parameter], lr=0.5, momentum=0.9, **options).zero_grad(set_to_none)
        assert (parameter.grad is None) == set_to_none
        assert set_to_none or parameter.grad.tolist() == [0.0]  # type: ignore[union-attr]


def test_the_repr_is_torchs_with_three_more_options() -> None:
    ours, peer = (repr(make([one()], lr=0.5, momentum=0.9)).splitlines() for make in (SGD, torch.optim.SGD))
    assert [line for line in ours if line not in peer] == ["    ema_decay: None", "    master_weights: False"]
    assert [line for line in peer if line not in ours] == []


def test_groups_get_the_defaults_and_keep_their_own() -> None:
    for make in (SGD, torch.optim.SGD):
        optimizer = make([{"params": [one()], "lr": 0.25, "name": "first"}, {"params": [one()]}], lr=0.5, momentum=0.9)
        assert [(group["lr"], group["momentum"], group.get("name")) for group in optimizer.param_groups] == [
            (0.25, 0.9, "first"),
            (0.5, 0.9, None),
        ]
        optimizer.step()
        assert [group["params"][0].item() for group in optimizer.param_groups] == [0.75, 0.5]


@BOTH
def test_named_parameters_keep_their_names(make: Any) -> None:
    model = linear()
    optimizer = make(model.named_parameters(), lr=0.5, momentum=0.9)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    model(batch(0)).sum().backward()
    optimizer.step()
    assert len(optimizer.state) == 2


@BOTH
def test_torchs_refusals(make: Any) -> None:
    with pytest.raises(ValueError, match="empty parameter list"):
        make([], lr=0.1)
    with pytest.raises(TypeError, match="should be an iterable"):
        make(one(), lr=0.1)
    with pytest.raises(TypeError, match="can only optimize Tensors"):
        make([3], lr=0.1)
    with pytest.raises(ValueError, match="more than one parameter group"):
        shared = one()
        make([{"params": [shared]}, {"params": [shared]}], lr=0.1)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_parameter_twice_in_a_group_is_updated_twice(momentum: float) -> None:
    results = []
    for make in (SGD, torch.optim.SGD):
        parameter = one()
        with pytest.warns(UserWarning, match="duplicate parameters"):
            optimizer = make([parameter, parameter], lr=0.5, momentum=momentum)
        for _ in range(3):
            optimizer.step()
        results.append(parameter.item())
    assert results[0] == results[1]


# Schedulers

SCHEDULERS: list[Callable[[Any], Any]] = [
    lambda optimizer: StepLR(optimizer, 2, 0.5),
    lambda optimizer: CosineAnnealingLR(optimizer, 4),
    lambda optimizer: OneCycleLR(optimizer, 0.2, 6),
    lambda optimizer: LambdaLR(optimizer, [lambda t: 1 / (t + 1), lambda t: 0.5**t]),
    lambda optimizer: torch.optim.lr_scheduler.CyclicLR(optimizer, 0.01, 0.2, 2),
    lambda optimizer: CyclicLR(optimizer, 0.01, 0.2, 2),
    lambda optimizer: Scheduler(optimizer, lrcore.OneCycle(0.2, 6), momentum=lrcore.Linear(0.9, 0.5, 6)),
]


@pytest.mark.parametrize("tensor_lr", [False, True])
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_any_scheduler_drives_both_alike(scheduler: Callable[[Any], Any], tensor_lr: bool) -> None:
    models = linear(), linear()
    for model, make in zip(models, (SGD, torch.optim.SGD), strict=True):
        lrs = [torch.tensor(lr, dtype=torch.float64) if tensor_lr else lr for lr in (0.1, 0.05)]
        groups = [{"params": [model.weight], "lr": lrs[0]}, {"params": [model.bias], "lr": lrs[1]}]
        optimizer = make(groups, lr=1.0, momentum=0.9, nesterov=True)
        schedule = scheduler(optimizer)
        for update in range(6):
            optimizer.zero_grad()
            model(batch(update)).square().mean().backward()
            optimizer.step()
            schedule.step()
    assert_close(models[0].state_dict(), models[1].state_dict(), rtol=1e-12, atol=1e-14)


def test_a_scheduler_that_is_stepped_first_warns_as_with_torch() -> None:
    for make in (SGD, torch.optim.SGD):
        schedule = StepLR(make([one()], lr=0.5), 1)
        with pytest.warns(UserWarning, match="before `optimizer.step"):
            schedule.step()
    optimizer = SGD([one()], lr=0.5)
    schedule = StepLR(optimizer, 1)
    optimizer.step()
    schedule.step()
    assert optimizer.param_groups[0]["lr"] == 0.05


# Any sequence of events


def events(seed: int) -> Iterator[tuple[str, int, float]]:
    generator = torch.Generator().manual_seed(seed)
    names = ["none", "grad", "grad", "lr", "momentum", "weight_decay", "maximize", "clear", "forget", "copy"]
    for _ in range(40):
        name, position = (int(torch.randint(n, (1,), generator=generator)) for n in (len(names), 3))
        yield names[name], position, float(torch.rand(1, generator=generator, dtype=torch.float64))


def apply(optimizer: Any, event: tuple[str, int, float]) -> Any:
    name, position, value = event
    group = optimizer.param_groups[position % 2]
    parameter = [param for each in optimizer.param_groups for param in each["params"]][position]
    if name == "none":
        parameter.grad = None
    elif name == "grad":
        parameter.grad = torch.full_like(parameter, value).cumsum(0)
    elif name in ("lr", "momentum", "weight_decay"):
        group[name] = value * 0.9 if value > 0.2 else 0.0
    elif name == "maximize":
        group[name] = not group[name]
    elif name == "clear":
        optimizer.state.clear()
    elif name == "forget":
        optimizer.state.pop(parameter, None)
    else:
        optimizer = copy.deepcopy(optimizer)
    return optimizer


@pytest.mark.parametrize("seed", range(10))
def test_any_sequence_of_events_has_torchs_effect(seed: int) -> None:
    optimizers = []
    for make in (SGD, torch.optim.SGD):
        params = [nn.Parameter(torch.ones(size, dtype=torch.float64)) for size in (5, 64, 17)]
        optimizers.append(make([{"params": params[:2]}, {"params": params[2:]}], lr=0.1, momentum=0.5, dampening=0.2))
    for event in events(seed):
        optimizers = [apply(optimizer, event) for optimizer in optimizers]
        for optimizer in optimizers:
            optimizer.step()
        ours, peers = ([group["params"] for group in optimizer.param_groups] for optimizer in optimizers)
        assert_close(ours, peers, rtol=1e-11, atol=1e-13)
        assert len(optimizers[0].state) == len(optimizers[1].state)
        assert_close(*([s["momentum_buffer"] for s in o.state.values()] for o in optimizers), rtol=1e-11, atol=1e-13)


# Compilation


@pytest.fixture
def _fresh_compiler() -> Iterator[None]:
    torch.compiler.reset()
    yield
    torch.compiler.reset()


@pytest.mark.usefixtures("_fresh_compiler")
def test_a_compiled_forward_sees_the_updates() -> None:
    models = linear(), linear()
    forward = torch.compile(models[0], backend="aot_eager")
    for call, model, make in ((forward, models[0], SGD), (models[1], models[1], torch.optim.SGD)):
        optimizer = make(model.parameters(), lr=0.1, momentum=0.9)
        for update in range(4):
            optimizer.zero_grad()
            call(batch(update)).square().mean().backward()
            optimizer.step()
    assert_close(models[0].state_dict(), models[1].state_dict())


@pytest.mark.usefixtures("_fresh_compiler")
@pytest.mark.parametrize("extra", [{}, {"ema_decay": 0.9, "max_grad_norm": 1.0}])
def test_a_step_inside_a_compiled_function_works(extra: dict[str, Any]) -> None:
    models = linear(), linear()
    optimizers = [SGD(model.parameters(), lr=0.1, momentum=0.9, **extra) for model in models]

    def step(optimizer: SGD, inputs: torch.Tensor) -> torch.Tensor:
        doubled = 2 * inputs
        optimizer.step()
        return doubled + 1

    compiled = torch.compile(step, backend="aot_eager")
    for update in range(4):
        for function, model, optimizer in zip((compiled, step), models, optimizers, strict=True):
            optimizer.zero_grad()
            model(batch(update)).square().mean().backward()
            assert torch.equal(function(optimizer, batch(update)), 2 * batch(update) + 1)
    assert_close(models[0].state_dict(), models[1].state_dict())
    assert optimizers[0].path == "core"
