"""Reduce on plateau under torch's signature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import compress
from typing import Any, SupportsFloat

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau as TorchReduceLROnPlateau

from lrcore._validation import as_non_negative
from lrcore.plateau import Plateau, Reduction, reduce_scheduler_factor
from lrcore.torch._param_groups import ParamGroup, one_per_group, param_groups, set_lr
from lrcore.torch.lr_scheduler._scheduler import Scheduler

FIELDS = ("best", "num_bad_epochs", "cooldown_counter", "last_epoch")


def from_torch_state_dict(state: dict[str, Any]) -> dict[str, Any]:
    """The state of an `lrcore.Plateau` that goes on where torch's scheduler of `state` stopped.

    Raises:
        ValueError: When `state` lacks a field.

    Example:
        >>> from_torch_state_dict({"best": math.inf, "num_bad_epochs": 1, "cooldown_counter": 0, "last_epoch": 1})
        {'version': 2, 'best': None, 'num_bad': 1, 'cooldown_left': 0, 'step': 1}
    """
    for name in FIELDS:
        if name not in state:
            raise ValueError(f"the state of torch's ReduceLROnPlateau lacks the field {name!r}")
    best, num_bad, cooldown_left, step = (state[name] for name in FIELDS)
    return {
        "version": 2,
        "best": best if math.isfinite(best) else None,
        "num_bad": num_bad,
        "cooldown_left": cooldown_left,
        "step": step,
    }


class ReduceLROnPlateau(TorchReduceLROnPlateau):
    """Multiplies the learning rate by `factor` when a metric has stopped improving.

        lr <- max(lr * factor, min_lr)  after more than `patience` metrics in a row that are not better than the best

    Better is, for mode "min", `metric < best - threshold * |best|` ("rel") or `metric < best - threshold` ("abs"). Same
    results as `torch.optim.lr_scheduler.ReduceLROnPlateau`, except that a negative metric is judged by |best| too, that
    no infinite metric becomes the best, and that with the default `eps` no lr is too small to be reduced. It is a
    subclass of torch's for the trainers that look for that class to hand it the metric. Construction leaves the
    optimizer as it is, and the learning rates themselves are the optimizer's state (or that of `base`), not this
    object's.

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
        eps: A reduction by no more than this is left out; one for all groups or a list of one per group.
        base: A scheduler of the same optimizer that goes on being stepped, such as a warm-up or a cosine. Its `factor`
            is lowered in place of the groups' lr, for all groups alike: the one nearest to its `min_lr` decides.
        compat: "torch", or "keras" to count patience and cooldown as Keras does; see `lrcore.Plateau`.
        nan: What a metric of NaN or infinity does: "bad" counts it as one without improvement, "ignore" leaves all as
            it was, "raise" is a ValueError.

    Attributes:
        events: The reductions since construction.

    Raises:
        ValueError: For values outside these ranges, a list of another length than the groups, or a `base` of another
            optimizer.
        TypeError: When `base` is not an `lrcore.torch.Scheduler`.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        >>> scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> for loss in [1.0, 0.8, 0.8, 0.9]:
        ...     if event := scheduler.step(loss):
        ...         print(event.new_lrs, event.why)
        (0.25,) 2 metrics in a row, the last 0.9, were not better than the best 0.8 by the threshold 0.0001 (rel)
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
        eps: float | Sequence[float] = 0.0,
        *,
        base: Scheduler | None = None,
        compat: str = "torch",
        nan: str = "bad",
    ) -> None:
        # torch's own __init__ would keep a second state beside the controller's.
        groups = len(param_groups(optimizer))
        self.optimizer = optimizer
        self._min_lrs = [as_non_negative("min_lr", bound) for bound in one_per_group("min_lr", min_lr, groups)]
        self._eps = [as_non_negative("eps", bound) for bound in one_per_group("eps", eps, groups)]
        self._base = None if base is None else _of_same_optimizer(base, optimizer)
        self._plateau = Plateau(mode, factor, patience, threshold, threshold_mode, cooldown, compat=compat, nan=nan)
        self.events: list[Reduction] = []

    @property
    def best(self) -> float | None:  # type: ignore[override]  # torch's are attributes, which could be set
        """The best metric so far, None before the first finite one."""
        return self._plateau.best

    @property
    def num_bad_epochs(self) -> int:  # type: ignore[override]
        """How many metrics in a row were not better."""
        return self._plateau.num_bad

    @property
    def cooldown_counter(self) -> int:  # type: ignore[override]
        """How many more metrics are not counted."""
        return self._plateau.cooldown_left

    @property
    def last_epoch(self) -> int:  # type: ignore[override]
        """How many metrics there were."""
        return self._plateau.step

    def step(  # type: ignore[override]  # torch's returns None
        self, metrics: SupportsFloat, epoch: int | None = None
    ) -> Reduction | None:
        """Judge the metric of the epoch that has ended, and say what was reduced and why; None if nothing was.

        Args:
            metrics: The metric, a number or a tensor of one.
            epoch: Taken from code written for torch, which lets it be given; the metrics are counted all the same.

        Raises:
            ValueError: When `min_lr` or `eps` has more values than there are groups left; nothing is changed.
        """
        groups = self.optimizer.param_groups
        bounds = self._each("min_lr", self._min_lrs)
        min_lrs = [_as_stored(group, bound) for group, bound in zip(groups, bounds, strict=True)]
        event = self._reduce(float(metrics), min_lrs, self._each("eps", self._eps))
        if event is not None:
            self.events.append(event)
        return event

    def reset(self) -> None:
        """Forget every metric; the learning rates stay as they are."""
        self._plateau.reset()

    def get_last_lr(self) -> list[float]:  # type: ignore[override]  # torch may answer with tensors, this never does
        """The learning rate of each group."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """The best metric and the counts, in JSON types."""
        return self._plateau.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from `state_dict`, which may also be that of torch's class.

        Raises:
            ValueError: When `state_dict` is of another version or a field is missing or unknown; nothing is changed.
        """
        self._plateau.load_state_dict(
            from_torch_state_dict(state_dict) if "num_bad_epochs" in state_dict else state_dict
        )

    def _reduce(self, metric: float, min_lrs: list[float], eps: list[float]) -> Reduction | None:
        if self._base is not None:
            return self._reduce_base(self._base, metric, min_lrs, eps)
        event = self._plateau.update(metric, self.get_last_lr(), min_lrs, eps)
        if event is not None:
            for group, lr in zip(self.optimizer.param_groups, event.new_lrs, strict=True):
                set_lr(group, lr)
        return event

    def _reduce_base(self, base: Scheduler, metric: float, min_lrs: list[float], eps: list[float]) -> Reduction | None:
        """Groups that the base leaves alone have no say, and are no part of the event."""
        scheduled = [schedule is not None for schedule in base.schedules]
        min_lrs, eps = list(compress(min_lrs, scheduled)), list(compress(eps, scheduled))
        return reduce_scheduler_factor(
            self._plateau, metric, base, lambda: list(compress(self.get_last_lr(), scheduled)), min_lrs, eps
        )

    def _each(self, name: str, values: list[float]) -> list[float]:
        groups = len(self.optimizer.param_groups)
        if len(values) > groups:
            raise ValueError(f"{name} must have at most one value for each of the {groups} groups, but got {values}")
        return values + values[:1] * (groups - len(values))


def _of_same_optimizer(base: Scheduler, optimizer: Optimizer) -> Scheduler:
    if not isinstance(base, Scheduler):
        raise TypeError(f"base must be an lrcore.torch scheduler, but got {type(base).__name__}")
    if base.optimizer is not optimizer:
        raise ValueError("base must be a scheduler of the optimizer that is given beside it")
    return base


def _as_stored(group: ParamGroup, lr: float) -> float:
    """`lr` as it would read once the group holds it: rounded where its lr is a tensor."""
    old = group["lr"]
    return float(old.new_tensor(lr)) if isinstance(old, Tensor) else lr
