"""Reductions on top of a schedule: what falls is the factor of all its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from lrcore.plateau import Plateau
from lrcore.reduction import Reduction

# A learning rate at its bound is off it by what float32 rounds away, which is no reason to reduce it again.
ROUNDING = 1e-6


class HasFactor(Protocol):
    """A scheduler or callback whose learning rates are all multiplied by `factor`."""

    factor: float


def reduce_factor(
    plateau: Plateau,
    metric: float,
    base: HasFactor,
    lrs: Callable[[], Sequence[float]],
    min_lrs: Sequence[float],
    eps: Sequence[float],
) -> Reduction | None:
    """Let `plateau` take the next metric, and lower the factor of `base` if it is time.

        factor <- max(factor * plateau's factor, the largest of factor * min_lr / lr over the groups)

    so that no learning rate falls below its bound: of several groups the one nearest to its bound decides. A group
    whose learning rate is 0 at present has no say.

    Args:
        plateau: The controller.
        metric: What should get better.
        base: Whose factor is lowered.
        lrs: Gives the present learning rates of `base`, one for each param group.
        min_lrs: The bound of each.
        eps: By no more than this must each of them fall for a reduction to be left out.

    Returns:
        The reduction in terms of learning rates; None when none of them falls.

    Example:
        >>> from types import SimpleNamespace
        >>> base = SimpleNamespace(factor=1.0)
        >>> plateau = Plateau(factor=0.5, patience=0)
        >>> reduce_factor(plateau, float("nan"), base, lambda: [0.1 * base.factor], [0.0], [0.0]).new_lrs
        (0.05,)
    """
    old_lrs = tuple(lrs())
    min_factor = max(_in_factors(min_lrs, base.factor, old_lrs), default=base.factor)
    least_fall = min(_in_factors(eps, base.factor, old_lrs), default=0.0)
    reduction = plateau.update(metric, base.factor, min_factor, max(least_fall, ROUNDING * base.factor))
    if reduction is None:
        return None
    base.factor = reduction.new_lrs[0]
    return replace(reduction, old_lrs=old_lrs, new_lrs=tuple(lrs()))


def _in_factors(bounds: Sequence[float], factor: float, lrs: Sequence[float]) -> list[float]:
    # Above the factor itself all bounds are alike, and an infinite one is none.
    return [min(factor, bound * factor / lr) for bound, lr in zip(bounds, lrs, strict=True) if lr > 0]
