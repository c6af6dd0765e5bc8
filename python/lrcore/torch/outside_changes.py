"""What others than the scheduler have made of the learning rates of its groups."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from lrcore import _core
from lrcore.torch.met_groups import MetGroups
from lrcore.torch.param_groups import ParamGroup, set_lr

ROUNDING = 1e-12  # what a learning rate that torch's scheduler has computed step by step may be off by


class OutsideChanges:
    """A factor for each group: that of every change by another scheduler, by a plateau or by hand.

        factor <- factor * lr / (lr that was left there)

    Torch's schedulers keep such changes, as they go on from the lr that they find. A tensor lr is not looked into,
    since that would make the CPU wait for the GPU, and to or from 0 there is no factor.

    Args:
        factors: Those so far, for the first groups; 1 for the others.

    Example:
        >>> groups = [{"lr": 0.5}, {"lr": 0.25}]
        >>> changes = OutsideChanges()
        >>> changes.write(groups)
        >>> groups[1]["lr"] = 0.125
        >>> changes.notice(groups, MetGroups().then(groups))
        >>> changes.factors
        [1.0, 0.5]
    """

    def __init__(self, factors: Sequence[float] = ()) -> None:
        self.factors = list(factors)
        self._any = any(factor != 1.0 for factor in self.factors)
        self._left: list[Any] = []

    @classmethod
    def since_initial_lr(cls, groups: Sequence[ParamGroup]) -> OutsideChanges:
        """The changes before the first write."""
        return cls([_change(group.get("initial_lr", group["lr"]), group["lr"]) for group in groups])

    def notice(self, groups: list[ParamGroup], met: MetGroups) -> None:
        """Take in what has changed since the last write to the groups `met`."""
        if not self._left or (met.are(groups) and _core.same_values(groups, "lr", self._left)):
            return
        lrs = [group["lr"] for group in groups]
        pairs = list(zip(lrs, met.before(groups), strict=True))
        self.factors = [1.0 if i is None else self.factors[i] * _change(self._left[i], lr) for lr, i in pairs]
        self._any = any(factor != 1.0 for factor in self.factors)
        self._left = lrs

    def write(self, groups: Sequence[ParamGroup]) -> None:
        """Multiply the learning rates of `groups`, which have just been written, by the factors."""
        if len(self.factors) != len(groups):
            self.factors = (self.factors + [1.0] * len(groups))[: len(groups)]
        if self._any:
            for group, factor in zip(groups, self.factors, strict=True):
                set_lr(group, factor * float(group["lr"]))
        self._left = [group["lr"] for group in groups]


def _change(left: Any, found: Any) -> float:
    if not (isinstance(left, (float, int)) and isinstance(found, (float, int)) and left and found):
        return 1.0
    ratio = found / left
    return ratio if isfinite(ratio) and abs(ratio - 1.0) > ROUNDING else 1.0
