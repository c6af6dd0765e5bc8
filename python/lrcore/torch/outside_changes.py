"""What others than the scheduler have made of the learning rates of its groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from operator import is_
from typing import Any

from lrcore.torch.met_groups import MetGroups
from lrcore.torch.param_groups import ParamGroup, set_lr

ROUNDING = 1e-12  # what a learning rate that torch's scheduler has computed step by step may be off by


@dataclass(frozen=True, eq=False)
class OutsideChanges:
    """A factor for each group: that of every change by another scheduler, by a plateau or by hand.

        factor <- factor * lr / (lr that was left there)

    Torch's schedulers keep such changes, as they go on from the lr that they find. A tensor lr is not looked into,
    since that would make the CPU wait for the GPU, and to or from 0 there is no factor.

    Example:
        >>> groups = [{"lr": 0.5}, {"lr": 0.25}]
        >>> before = OutsideChanges().written(groups)
        >>> groups[1]["lr"] = 0.125
        >>> before.noticed(groups, MetGroups().then(groups)).factors
        (1.0, 0.5)
    """

    factors: tuple[float, ...] = ()
    lrs: tuple[Any, ...] = ()

    @classmethod
    def since_initial_lr(cls, groups: Sequence[ParamGroup]) -> OutsideChanges:
        """The changes before the first write."""
        return cls(tuple(_change(group.get("initial_lr", group["lr"]), group["lr"]) for group in groups))

    def noticed(self, groups: Sequence[ParamGroup], met: MetGroups) -> OutsideChanges:
        """With the changes since the last write to the groups `met`."""
        lrs = tuple(group["lr"] for group in groups)
        if not self.lrs or (met.are(groups) and all(map(is_, lrs, self.lrs))):
            return self
        pairs = zip(lrs, met.before(groups), strict=True)
        factors = [1.0 if i is None else self.factors[i] * _change(self.lrs[i], lr) for lr, i in pairs]
        return OutsideChanges(tuple(factors), lrs)

    def written(self, groups: Sequence[ParamGroup]) -> OutsideChanges:
        """After a write to `groups`, whose learning rates are multiplied by the factors here."""
        factors = (*self.factors, *[1.0] * len(groups))[: len(groups)]
        for group, factor in zip(groups, factors, strict=True):
            if factor != 1.0:
                set_lr(group, factor * float(group["lr"]))
        return OutsideChanges(factors, tuple(group["lr"] for group in groups))


def _change(left: Any, found: Any) -> float:
    if not (isinstance(left, (float, int)) and isinstance(found, (float, int)) and left and found):
        return 1.0
    ratio = found / left
    return ratio if isfinite(ratio) and abs(ratio - 1.0) > ROUNDING else 1.0
