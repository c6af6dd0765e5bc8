"""The finder in front of a training with this SGD: nothing of it is left behind."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from lrcore.torch import SGD, LRFinder

OPTIONS: list[dict[str, Any]] = [
    {"momentum": 0.9, "nesterov": True},
    {"momentum": 0.9, "dampening": 0.5, "ema_decay": 0.9, "max_grad_norm": 0.5, "master_weights": True},
]


def batch(update: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    inputs = torch.randn(8, 5, generator=torch.Generator().manual_seed(update)).to(dtype)
    return inputs, inputs[:, :3].cumsum(1)


def train(model: nn.Module, optimizer: SGD, updates: range) -> None:
    for update in updates:
        inputs, targets = batch(update, next(model.parameters()).dtype)
        optimizer.zero_grad()
        nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("before", [0, 3])
def test_training_is_the_same_with_and_without_the_finder(
    options: dict[str, Any], dtype: torch.dtype, before: int
) -> None:
    ends = []
    for find in (False, True):
        torch.manual_seed(0)
        model = nn.Linear(5, 3).to(dtype)
        optimizer = SGD(model.parameters(), lr=0.01, **options)
        train(model, optimizer, range(before))
        seen = optimizer.path, optimizer.grad_norm
        if find:
            loader = [batch(update, dtype) for update in range(10)]
            finder = LRFinder(model, optimizer, nn.functional.mse_loss)
            finder.range_test(loader, start_lr=1e-3, end_lr=1.0, num_iter=10, progress=False)
        assert (optimizer.path, optimizer.grad_norm) == seen
        train(model, optimizer, range(before, 6))
        ends.append([*model.parameters(), *(t for s in optimizer.state.values() for t in s.values())])
    assert len(ends[0]) == len(ends[1])
    assert all(torch.equal(*pair) for pair in zip(*ends, strict=True))
