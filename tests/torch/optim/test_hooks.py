"""Hooks and profiles: torch's own, in torch's order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from lrcore.torch import SGD
from tests.support.small_models import BOTH, one


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
