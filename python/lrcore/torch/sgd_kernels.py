"""The implementations of one SGD update, and which of them a parameter gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.optim.sgd import sgd as torch_sgd

from lrcore.sgd import sgd_step

Kernel = Callable[..., None]
"""Updates params from grads, and buffers, in place: `kernel(params, grads, buffers, *, lr, momentum, ...)`."""

_CORE_DTYPES = (torch.float32, torch.float64)
_PLAIN_TYPES = (Tensor, torch.nn.Parameter)


def update_in_core(
    params: Sequence[Tensor],
    grads: Sequence[Tensor],
    buffers: Sequence[Tensor],
    *,
    lr: float | Tensor,
    momentum: float,
    weight_decay: float,
    nesterov: bool,
) -> None:
    """Let the core write through NumPy views of the tensors, all of one dtype."""
    views = ([tensor.detach().numpy() for tensor in tensors] for tensors in (params, grads, buffers))
    sgd_step(*views, lr=float(lr), momentum=momentum, weight_decay=weight_decay, nesterov=nesterov)
    # Autograd cannot see writes through NumPy, but must know that what it saved for a backward is no longer current.
    torch.autograd.graph.increment_version([*params, *buffers])


_update_by_torch = partial(torch_sgd, dampening=0.0, maximize=False)
_update_fused = partial(_update_by_torch, fused=True)


def kernel_for(tensors: Sequence[Tensor]) -> Kernel:
    """The fastest kernel that is right for a parameter, its gradient and, with momentum, its buffer.

    The fused kernel is for CUDA only: on the CPU, torch 2.13's leaves 16-bit parameters as they were.
    """
    parameter = tensors[0]
    if parameter.dtype in _CORE_DTYPES and all(_fits_core(tensor, parameter.dtype) for tensor in tensors):
        return update_in_core
    if parameter.is_cuda and parameter.is_floating_point():
        return _update_fused
    return _update_by_torch


def _fits_core(tensor: Tensor, dtype: torch.dtype) -> bool:
    # A subclass, such as a distributed tensor, may keep its values elsewhere than its own memory.
    return tensor.is_cpu and tensor.dtype == dtype and tensor.is_contiguous() and type(tensor) in _PLAIN_TYPES
