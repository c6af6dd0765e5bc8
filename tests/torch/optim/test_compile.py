"""torch.compile around the model and around the step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from lrcore.torch import SGD
from tests.support.small_models import batch, linear


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
