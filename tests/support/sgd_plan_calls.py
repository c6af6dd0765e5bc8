"""Calls of the core's plan on torch's tensors, and the same recurrence written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

import lrcore._core as _core

OPTIONS = _core.SgdOptions(lr=0.5, momentum=0.25)


class Plain:
    """A tensor of a type without DLPack's exchange API."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


def to_dlpack(plain: Plain) -> Any:
    return torch.utils.dlpack.to_dlpack(plain.tensor)


READERS: dict[str, Callable[[Tensor], Any]] = {"exchange API": lambda tensor: tensor, "capsule": Plain}


def read(
    plan: _core.SgdPlan, params: list[Any], grads: list[Any], buffers: list[Any], **further: list[Any]
) -> list[int]:
    names = ("groups", "masters", "averages", "first_momenta", "first_averages")
    columns = {"groups": [0] * len(params), **further}
    return plan.read(params, grads, buffers, *(columns.get(name, []) for name in names))


def expected_step(p: Tensor, g: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """p and b after one step with `OPTIONS`, exact in float32 for the small numbers of these tests."""
    b = 0.25 * b + g
    return p - 0.5 * b, b


def check_step(plan: _core.SgdPlan, p: Any, g: Any, b: Any) -> None:
    expected_p, expected_b = expected_step(p.detach().clone(), g, b.clone())
    assert read(plan, [p], [g], [b]) == []
    plan.step([OPTIONS])
    assert torch.equal(p.detach(), expected_p)
    assert torch.equal(b, expected_b)


def tensors(*shape: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    size = int(np.prod(shape))
    return tuple(torch.arange(k, k + size, dtype=dtype).reshape(shape) for k in (1, 5, 11))  # type: ignore[return-value]
