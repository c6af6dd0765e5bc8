"""Tensors whose memory the core can work on, and copies of others that it can."""

from __future__ import annotations

import torch
from torch import Tensor

HALF_TYPES = (torch.bfloat16, torch.float16)
PLAIN_TYPES = (Tensor, torch.nn.Parameter)
_CORE_TYPES = (torch.float32, torch.float64, *HALF_TYPES)


def accumulation_dtype(dtype: torch.dtype) -> torch.dtype:
    """The type of the momentum and of the average of a parameter of type `dtype`."""
    return torch.float32 if dtype in HALF_TYPES else dtype


def is_dense(tensor: Tensor) -> bool:
    """Whether the core can update `tensor` in place, beside tensors of the same layout.

    A subclass, such as a distributed tensor, may keep its values elsewhere than in its own memory.
    """
    if type(tensor) not in PLAIN_TYPES or not tensor.is_cpu or tensor.dtype not in _CORE_TYPES or tensor.is_neg():
        return False
    # An empty tensor like a dense one gets its strides, like any other one those of a contiguous tensor.
    return tensor.stride() == torch.empty_like(tensor).stride()


@torch.no_grad()
def with_layout_of(tensor: Tensor, like: Tensor, dtype: torch.dtype) -> Tensor:
    """`tensor` itself if it has this type and the layout of the dense tensor `like`, else a copy that has."""
    if tensor.dtype == dtype and tensor.stride() == like.stride() and not tensor.is_neg():
        return tensor
    return torch.empty_like(like, dtype=dtype).copy_(tensor)
