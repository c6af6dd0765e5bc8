"""Parameters of several shapes, one of them strided, and their gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

NESTEROV: dict[str, Any] = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True}
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
SHAPES = [(3, 4), (17,), (), (100,)]


def drawn(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def strided(tensor: torch.Tensor) -> torch.Tensor:
    return torch.stack([tensor, tensor], dim=-1)[..., 0]


def parameters(dtype: torch.dtype = torch.float64, *, with_strided: bool = True) -> list[nn.Parameter]:
    tensors = [drawn(shape, seed).to(dtype) for seed, shape in enumerate(SHAPES)]
    return [nn.Parameter(tensor) for tensor in [*tensors, *([strided(tensors[-1])] if with_strided else [])]]


def set_gradients(params: list[nn.Parameter], update: int, size: float = 1.0) -> None:
    for index, parameter in enumerate(params):
        parameter.grad = (size * drawn(tuple(parameter.shape), 10 * update + index + 100)).to(parameter.dtype)
