"""The norm of gradients that only torch can read, joined to that of the core."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def joint_norm(core: float, others: Sequence[Tensor], grad_factor: float) -> float:
    """The norm of the gradients that have the norm `core`, and of `others` times `grad_factor`."""
    if not others:
        return core
    norms = [abs(grad_factor) * _norm(grad) for grad in others]
    return math.sqrt(sum(norm * norm for norm in (core, *norms)))


def _norm(grad: Tensor) -> float:
    """In float64 as in the core, where the device has that: a 16-bit gradient's squares do not fit its own type."""
    wide = torch.float32 if grad.device.type == "mps" else torch.float64
    return float(torch.linalg.vector_norm(grad, dtype=torch.promote_types(grad.dtype, wide)))
