"""Clipping of all gradients together, as a factor: the gradients themselves stay as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def clipping_factor(norm: float, max_norm: float) -> float:
    """What shrinks gradients of that norm to `max_norm`: at most 1, and NaN for NaN.

    Source: torch.nn.utils.clip_grad_norm_, whose 1e-6 this has too.
    """
    factor = max_norm / (norm + 1e-6)
    return 1.0 if factor > 1.0 else factor


def joint_norm(core: float, others: Sequence[Tensor], grad_factor: float) -> float:
    """The norm of the gradients that have the norm `core`, and of `others` times `grad_factor`."""
    if not others:
        return core
    norms = [abs(grad_factor) * _norm(grad) for grad in others]
    return math.sqrt(math.fsum(norm * norm for norm in (core, *norms)))


def _norm(grad: Tensor) -> float:
    """In float64 as in the core, where the device has that: a 16-bit gradient's squares do not fit its own type."""
    wide = torch.float32 if grad.device.type == "mps" else torch.float64
    return float(torch.linalg.vector_norm(grad, dtype=torch.promote_types(grad.dtype, wide)))
