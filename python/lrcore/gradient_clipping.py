"""Clipping of all gradients together."""

from __future__ import annotations


def clipping_factor(norm: float, max_norm: float) -> float:
    """What shrinks gradients of that norm to `max_norm`: at most 1, and NaN for NaN.

    Source: torch.nn.utils.clip_grad_norm_, whose 1e-6 this has too.
    """
    factor = max_norm / (norm + 1e-6)
    return 1.0 if factor > 1.0 else factor
