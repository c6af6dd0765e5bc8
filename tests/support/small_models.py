"""One parameter, one layer and its batches; and both optimizers, ours and torch's."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lrcore.torch import SGD

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
