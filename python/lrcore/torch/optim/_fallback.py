"""The update by torch's functional SGD: of what is not on the CPU, or not plain and dense there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim.sgd import sgd
from torch.utils._foreach_utils import _get_fused_kernels_supported_devices

from lrcore.torch._param_groups import ParamGroup
from lrcore.torch.optim._layout import HALF_TYPES


@dataclass(eq=False)
class TorchTensors:
    """A parameter, its gradient and its state, where there is one; the update puts what is new into the state."""

    param: Tensor
    grad: Tensor
    group: ParamGroup
    momentum_buffer: Tensor | None
    average: Tensor | None
    master_weight: Tensor | None

    @property
    def weight(self) -> Tensor:
        """What the update writes: the master weight, or the parameter itself."""
        return self.param if self.master_weight is None else self.master_weight

    @property
    def widens(self) -> bool:
        """Whether this 16-bit parameter has a float32 momentum, as in the core."""
        buffer = self.momentum_buffer
        wide = (
            self.param.is_cpu
            or self.master_weight is not None
            or (buffer is not None and buffer.dtype == torch.float32)
        )
        return wide and self.param.dtype in HALF_TYPES

    @property
    def is_fused(self) -> bool:
        """Whether torch has a fused kernel for it, that of the CPU aside: torch 2.13's skips 16-bit parameters."""
        device = self.param.device.type
        fits = device != "cpu" and device in _get_fused_kernels_supported_devices()
        return fits and self.weight.is_floating_point() and not self.widens


@torch.no_grad()
def update_by_torch(all_tensors: Sequence[TorchTensors], grad_factor: float, *, write_grads: bool) -> None:
    """Update all parameters.

    Args:
        all_tensors: Of each parameter.
        grad_factor: Multiplies each gradient.
        write_grads: Whether the product is left in the gradients.
    """
    batches: defaultdict[tuple[int, bool, bool], list[TorchTensors]] = defaultdict(list)
    for tensors in all_tensors:
        # torch's fused kernel takes first updates and later ones apart.
        batches[id(tensors.group), tensors.is_fused, tensors.momentum_buffer is None].append(tensors)
    for (_, fused, _), batch in batches.items():
        _update(batch, _multiplied_grads(batch, grad_factor, write_grads), fused)


def _multiplied_grads(batch: list[TorchTensors], factor: float, write: bool) -> list[Tensor]:
    grads = [tensors.grad.float() if tensors.widens else tensors.grad for tensors in batch]
    if factor == 1:
        return grads
    if not write:
        return list(torch._foreach_mul(grads, factor))
    torch._foreach_mul_(grads, factor)
    for tensors, grad in zip(batch, grads, strict=True):
        if grad is not tensors.grad:
            tensors.grad.copy_(grad)
    return grads


def _update(batch: list[TorchTensors], grads: list[Tensor], fused: bool) -> None:
    group = batch[0].group
    buffers = [tensors.momentum_buffer for tensors in batch]
    sgd(
        [tensors.weight for tensors in batch],
        grads,
        buffers,
        foreach=False,
        fused=fused,
        lr=float(group["lr"]),
        momentum=float(group["momentum"]),
        dampening=float(group["dampening"]),
        weight_decay=float(group["weight_decay"]),
        nesterov=bool(group["nesterov"]),
        maximize=bool(group["maximize"]),
    )
    for tensors, buffer in zip(batch, buffers, strict=True):
        tensors.momentum_buffer = buffer
        _follow(tensors)


def _follow(tensors: TorchTensors) -> None:
    """Let the parameter follow its master weight, and the average the parameter."""
    weight, decay = tensors.weight, tensors.group["ema_decay"]
    if weight is not tensors.param:
        tensors.param.copy_(weight)
    if decay is None:
        return
    wide = weight.float() if weight.dtype in HALF_TYPES else weight
    if tensors.average is None:
        tensors.average = wide.detach().clone()
    else:
        tensors.average.lerp_(wide, 1 - decay)
