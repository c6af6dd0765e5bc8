"""Optimizers over fixed gradients, and their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

import lrcore.torch
from sgd.sizes import Size

Step = Callable[[], object]

OPTIONS: dict[str, Any] = {"lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-4, "nesterov": True}


def with_gradients(size: Size) -> list[torch.nn.Parameter]:
    """New parameters, each with a gradient."""
    parameters = [torch.nn.Parameter(torch.randn(size.weights)) for _ in range(size.tensors)]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    return parameters


def lrcore_step(size: Size, **options: Any) -> Step:
    return lrcore.torch.SGD(with_gradients(size), **OPTIONS, **options).step


def torch_step(size: Size, **options: Any) -> Step:
    return torch.optim.SGD(with_gradients(size), **OPTIONS, **options).step


def steps(size: Size) -> dict[str, Step]:
    """lrcore and all of torch's implementations."""
    return {
        "lrcore": lrcore_step(size),
        "default": torch_step(size, foreach=False),
        "foreach": torch_step(size, foreach=True),
        "fused": torch_step(size, fused=True),
    }
