"""Training with its own learning rate and gradients at every update, to interrupt at any of them."""

from __future__ import annotations

from typing import Any

import torch

OPTIONS: list[dict[str, Any]] = [
    {},
    {"weight_decay": 0.01, "maximize": True},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.3, "maximize": True},
    {"momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
]
ALL: dict[str, Any] = {"momentum": 0.9, "ema_decay": 0.9, "master_weights": True, "max_grad_norm": 1.0}
LRS = [0.1, 0.05, 0.2, 0.1, 0.3]


def drawn(size: int, dtype: torch.dtype, seed: int) -> torch.Tensor:
    return torch.randn(size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).to(dtype)


def parameters(*dtypes: torch.dtype) -> list[torch.nn.Parameter]:
    return [torch.nn.Parameter(drawn(33 + index, dtype, seed=index)) for index, dtype in enumerate(dtypes)]


def train(optimizer: torch.optim.Optimizer, updates: range) -> None:
    for update in updates:
        for group in optimizer.param_groups:
            group["lr"] = LRS[update]
            for index, parameter in enumerate(group["params"]):
                parameter.grad = drawn(parameter.numel(), parameter.dtype, seed=100 + 10 * update + index)
        optimizer.step()
