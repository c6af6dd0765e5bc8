"""Arguments that a plan refuses, and plans in several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor

import lrcore._core as _core
from tests.support.sgd_plan_calls import OPTIONS, Plain, check_step, read, tensors, to_dlpack


@pytest.mark.parametrize(
    ("further", "message"),
    [
        ({"groups": [0]}, "groups must hold 2 items, but got 1"),
        ({"masters": [None]}, "masters must hold 2 items, but got 1"),
        ({"averages": [None] * 3}, "averages must hold 2 items, but got 3"),
        ({"groups": [0, -1]}, "groups must hold integers of at least 0"),
        ({"groups": [0, "a"]}, "groups must hold integers of at least 0"),
        ({"first_momenta": [2]}, "first_momenta must hold positions less than 2, but got 2"),
        ({"first_averages": [-1]}, "first_averages must hold integers of at least 0"),
    ],
)
def test_lists_that_do_not_fit_are_refused(further: dict[str, Any], message: str) -> None:
    p, g, b = tensors(3)
    q, h, c = tensors(3)
    with pytest.raises(ValueError, match=f"^{message}$"):
        read(_core.SgdPlan(), [p, q], [g, h], [b, c], **further)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1.0}, "lr must be a finite number and not negative, but got -1.0"),
        ({"lr": 0.1, "grad_after": "gone"}, "grad_after must be 'kept', 'scaled' or 'zeroed', but got 'gone'"),
        ({"lr": 0.1, "ema_decay": 1.5}, "ema_decay must be at least 0 and at most 1, but got 1.5"),
        ({"lr": 0.1, "dampening": float("inf")}, "dampening must be a finite number, but got inf"),
        (
            {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "nesterov": True},
            "dampening must be 0 with nesterov, but got 0.5",
        ),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        _core.SgdOptions(**options)


def test_eight_python_threads_use_plans_of_their_own() -> None:
    def run(seed: int) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        plan = _core.SgdPlan()
        params = [torch.randn(50_000, generator=generator) for _ in range(4)]
        buffers = [torch.zeros(50_000) for _ in range(4)]
        for _ in range(20):
            grads = [torch.randn(50_000, generator=generator) for _ in range(4)]
            assert read(plan, params, grads, buffers) == []
            plan.step([OPTIONS])
        return torch.stack(params), torch.stack(buffers)

    expected = [run(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for (p, b), (expected_p, expected_b) in zip(pool.map(run, range(8)), expected, strict=True):
            assert torch.equal(p, expected_p)
            assert torch.equal(b, expected_b)


def test_a_plan_in_use_refuses_a_second_user() -> None:
    p, g, b = tensors(3)
    refused: list[str] = []

    def read_again(plain: Plain) -> Any:
        for use in (lambda: read(plan, [p], [g], [b]), plan.grad_norm, lambda: plan.step([OPTIONS])):
            with pytest.raises(RuntimeError) as caught:
                use()
            refused.append(str(caught.value))
        return to_dlpack(plain)

    plan = _core.SgdPlan(read_again)
    assert read(plan, [Plain(p)], [g], [b]) == []
    assert refused == ["the plan must not be used by two threads at once"] * 3


def test_one_plan_in_many_threads_does_not_crash() -> None:
    p, g, b = tensors(100_000)
    plan = _core.SgdPlan()

    def use(_: int) -> None:
        for _ in range(50):
            try:
                read(plan, [p], [g], [b])
                plan.step([OPTIONS])
            except RuntimeError as error:
                assert str(error) in (  # noqa: PT017
                    "the plan must not be used by two threads at once",
                    "read must come first: it serves one step",
                )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    check_step(plan, *tensors(3))
