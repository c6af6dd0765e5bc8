"""Reduce on plateau under torch's signature."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from math import inf
from typing import Any, SupportsFloat

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lrcore._arguments import real
from lrcore.plateau import Plateau
from lrcore.torch.param_groups import ParamGroup, one_per_group, param_groups, set_lr


class ReduceLROnPlateau(LRScheduler):
    """Multiplies the learning rate by `factor` when a metric has stopped improving.

        lr <- max(lr * factor, min_lr)  after more than `patience` metrics in a row that are not better than the best

    Better is, for mode "min", `metric < best - threshold * |best|` ("rel") or `metric < best - threshold` ("abs"). Same
    results as `torch.optim.lr_scheduler.ReduceLROnPlateau`, except that a negative metric is judged by |best| too and
    that with the default `eps` no lr is too small to be reduced. Construction leaves the optimizer as it is, and the
    learning rates themselves are the optimizer's state, not this object's.

    Args:
        optimizer: Whose param groups are written; a tensor lr is filled in place.
        mode: "min" or "max", which way the metric improves.
        factor: Multiplier of the learning rate, in (0, 1).
        patience: Metrics in a row without improvement that are let pass.
        threshold: By how much a metric must be better than the best.
        threshold_mode: "rel" or "abs".
        cooldown: Metrics after a reduction during which none counts as bad.
        min_lr: Lower bound of the learning rate; one for all groups or a list of one per group. A group added later has
            the first.
        eps: A reduction by no more than this is left out.

    Raises:
        ValueError: For values outside these ranges, or a list of another length than the groups.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        >>> scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> [scheduler.step(loss) for loss in [1.0, 0.8, 0.8, 0.9]]
        [False, False, False, True]
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 0.0,
    ) -> None:
        # LRScheduler.__init__ would wrap optimizer.step and write initial_lr into the groups: neither is needed here.
        min_lrs = one_per_group("min_lr", min_lr, len(param_groups(optimizer)))
        self.optimizer = optimizer
        self._min_lrs = [_not_negative("min_lr", bound) for bound in min_lrs]
        self._eps = _not_negative("eps", eps)
        self._plateau = Plateau(mode, factor, patience, threshold, threshold_mode, cooldown)

    def step(self, metrics: SupportsFloat) -> bool:  # type: ignore[override]  # as torch's own, which takes a metric
        """Judge the metric of the epoch that has ended, and say whether a learning rate was reduced."""
        if not self._plateau.update(float(metrics)):
            return False
        min_lrs = chain(self._min_lrs, repeat(self._min_lrs[0]))
        reductions = [self._reduce(*pair) for pair in zip(self.optimizer.param_groups, min_lrs, strict=False)]
        return any(reductions)

    def get_last_lr(self) -> list[float]:  # type: ignore[override]  # torch may answer with tensors, this never does
        """The learning rate of each group."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """The best metric and the counts, in JSON types."""
        return self._plateau.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from `state_dict`.

        Raises:
            ValueError: When `state_dict` is of another version or a field is missing or unknown; nothing is changed.
        """
        self._plateau.load_state_dict(state_dict)

    def _reduce(self, group: ParamGroup, min_lr: float) -> bool:
        lr = float(group["lr"])
        reduced = self._plateau.reduced(lr, min_lr)
        if not lr - reduced > self._eps:
            return False
        set_lr(group, reduced)
        return True


def _not_negative(name: str, value: float) -> float:
    number = real(name, value)
    if not 0 <= number < inf:
        raise ValueError(f"{name} must be finite and not negative, but got {value}")
    return number
