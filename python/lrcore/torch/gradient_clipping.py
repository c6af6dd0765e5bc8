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
    theirs = grad_factor * float(torch.nn.utils.get_total_norm(others))
    return math.sqrt(core * core + theirs * theirs)
