"""Base of the schedulers that mirror torch.optim.lr_scheduler: base_lr bookkeeping and chaining."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from math import isfinite
from typing import Any, ClassVar

from torch.optim import Optimizer

import lrcore._core as _core
from lrcore._validation import as_float, as_non_negative, as_tuple_of
from lrcore.schedules import Schedule, Tabulated
from lrcore.schedules._base import MAX_STEP
from lrcore.torch._param_groups import ParamGroup, param_groups, set_lr
from lrcore.torch.lr_scheduler._scheduler import VERSION, BaseLrSchedules, GroupSchedules, ParamGroupTracker, Scheduler


class TorchCompatibleScheduler(Scheduler):
    """A scheduler whose schedules may start from the learning rates that the groups had before all schedulers.

    That is a group's "initial_lr", as for torch's schedulers: written when the group is first seen, unless another
    scheduler has done so, and never changed. So it does not matter in which order several schedulers of one optimizer
    are built.

    Where torch's scheduler computes the next learning rate from the present one, this one keeps changes made by others,
    too: those of a scheduler stepped beside it, of a plateau and by hand stay in effect, as factors in its state.

    Args:
        optimizer: Whose param groups are written.
        schedule: The schedule that starts from a learning rate, or the schedules of the groups.
        momentum: The schedules of the momentum, for the groups that have one.
        weight_decay: Likewise of the weight decay.
        last_epoch: Index of the last update that was done, -1 before any.
    """

    chainable: ClassVar[bool] = True
    keeps_present_lr: ClassVar[bool] = True

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Callable[[float], Schedule] | GroupSchedules,
        momentum: GroupSchedules | None = None,
        weight_decay: GroupSchedules | None = None,
        last_epoch: int = -1,
    ) -> None:
        self._base_lrs: list[float] = []
        schedules = schedule if isinstance(schedule, GroupSchedules) else BaseLrSchedules(schedule)
        self._chainable = self.chainable and schedules.is_multiple_of_base_lr()
        self._outside = ExternalLrFactors()
        if self._chainable and self.keeps_present_lr and last_epoch == -1:
            self._outside = ExternalLrFactors.from_initial_lr(param_groups(optimizer))
        super().__init__(optimizer, schedules, momentum, weight_decay, last_epoch)

    def _jump_to(self, epoch: int) -> None:
        previous = self._outside
        self._outside = ExternalLrFactors()  # as torch, whose closed form ignores the changes of others
        try:
            super()._jump_to(epoch)
        except BaseException:
            self._outside = previous
            raise

    def _initial_step(self) -> None:
        self._outside = ExternalLrFactors()  # torch's SequentialLR has put the learning rates back
        super()._initial_step()

    @property
    def base_lrs(self) -> list[float]:  # type: ignore[override]
        """The learning rate that the schedule of each group starts from."""
        return list(self._base_lrs)

    def state_dict(self) -> dict[str, Any]:
        """The step, the factors and the learning rates that the schedules start from, in JSON types.

        The arguments of the constructor are no part of it: loading leaves them as they are.
        """
        self._detect_changes()
        group_state = {"base_lrs": list(self._base_lrs), "group_factors": list(self._outside.factors)}
        return {**super().state_dict(), **group_state}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Resume from `state_dict`, which may also come from torch's scheduler of the same name.

        Raises:
            ValueError: When `state_dict` is of another version or a field is missing or unknown; nothing is changed.
        """
        state = {"group_factors": [], **(state_dict if "version" in state_dict else from_torch_state_dict(state_dict))}
        previous = self._base_lrs, self._outside
        base_lrs = as_tuple_of(as_float, "base_lrs", state.get("base_lrs", self._base_lrs))
        outside = ExternalLrFactors(as_tuple_of(as_non_negative, "group_factors", state["group_factors"]))
        self._base_lrs, self._outside = list(base_lrs), outside
        self._unbind_groups()
        try:
            super().load_state_dict(state)
        except BaseException:
            self._base_lrs, self._outside = previous
            self._bind_groups(self._groups())
            raise

    def _write(self, step: int, factor: float) -> None:
        if not self._chainable:
            return super()._write(step, factor)
        self._detect_changes()
        super()._write(step, factor)
        self._outside.write(self._groups())

    def _detect_changes(self) -> None:
        if self._chainable:
            self._outside.detect(self._groups(), self._tracker)

    def _lrs(self, step: int, factor: float) -> list[float]:
        lrs = super()._lrs(step, factor)
        if not self._chainable:
            return lrs
        return [lr * scale for lr, scale in zip_longest(lrs, self._outside.factors[: len(lrs)], fillvalue=1.0)]

    def _base_lrs_of(self, groups: list[ParamGroup]) -> list[float]:
        known = dict(enumerate(self._base_lrs))
        return [
            known[index] if index in known else self._base_lr_of(group)
            for group, index in zip(groups, self._tracker.previous_index(groups), strict=True)
        ]

    def _base_lr_of(self, group: ParamGroup) -> float:
        return float(group["initial_lr" if "initial_lr" in group else "lr"])

    def _bind_groups(self, groups: list[ParamGroup]) -> _core.ParamGroupWriter:
        base_lrs = self._base_lrs_of(groups)
        writer = super()._bind_groups(groups)
        self._base_lrs = base_lrs
        for group, base_lr in zip(groups, base_lrs, strict=True):
            group.setdefault("initial_lr", base_lr)
        return writer


def zero_if_base_lr_is_zero(base_lr: float, schedule: Schedule) -> Schedule:
    """`schedule`, or a constant 0 where `base_lr` is 0, which most schedules cannot start from."""
    return schedule if base_lr else Tabulated([0.0])


def require_below_max_step(name: str, steps: int) -> int:
    """Return `steps` if a schedule can have a step after number `steps`.

    Raises:
        ValueError: When `steps` is 2**63 - 1 or more.
    """
    if steps >= MAX_STEP:
        raise ValueError(f"{name} must be less than 2**63 - 1, but got {steps}")
    return steps


# Fields of CyclicLR and OneCycleLR, whose base_lrs do not come from the optimizer.
ABSOLUTE = {"max_lrs", "total_steps"}


def from_torch_state_dict(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of our scheduler that resumes from `state` of torch's scheduler of the same name.

    Raises:
        ValueError: When `state` has neither "version" nor "last_epoch".
    """
    schedulers = state.get("_schedulers", [])
    parts = [from_torch_state_dict(part) for part in schedulers]
    if "last_epoch" not in state and not parts:
        raise ValueError("a scheduler state must have the field 'version' or, as torch's, 'last_epoch'")
    # Warm restarts may be between two epochs: torch keeps the fraction in T_cur alone, last_epoch is rounded down.
    step = state["last_epoch"] + state.get("T_cur", 0) % 1 if "last_epoch" in state else parts[0]["step"]
    base_lrs: list[float] = next((part["base_lrs"] for part in parts if part["base_lrs"]), [])
    if "base_lrs" in state and not ABSOLUTE & state.keys():
        base_lrs = [float(lr) for lr in state["base_lrs"]]
    return {"version": VERSION, "step": step, "factor": 1.0, "base_lrs": base_lrs}


ROUNDING = 1e-12  # bound of the relative error of a learning rate that torch's scheduler computes step by step


class ExternalLrFactors:
    """Learning-rate changes made outside the scheduler (other schedulers, plateaus, the user), kept as factors.

        factor <- factor * lr / (lr that was written last)

    Torch's schedulers keep such changes, as each step multiplies the present lr. A tensor lr is not read, since that
    would make the CPU wait for the GPU, and a change to or from 0 has no factor.

    Args:
        factors: The factors so far, of the first groups; 1 for the others.

    Example:
        >>> groups = [{"lr": 0.5}, {"lr": 0.25}]
        >>> changes = ExternalLrFactors()
        >>> changes.write(groups)
        >>> groups[1]["lr"] = 0.125
        >>> changes.detect(groups, ParamGroupTracker().updated(groups))
        >>> changes.factors
        [1.0, 0.5]
    """

    def __init__(self, factors: Sequence[float] = ()) -> None:
        self.factors = list(factors)
        self._any = any(factor != 1.0 for factor in self.factors)
        self._written: list[Any] = []

    @classmethod
    def from_initial_lr(cls, groups: Sequence[ParamGroup]) -> ExternalLrFactors:
        """The changes before the first write."""
        return cls([_change(group.get("initial_lr", group["lr"]), group["lr"]) for group in groups])

    def detect(self, groups: list[ParamGroup], tracker: ParamGroupTracker) -> None:
        """Multiply the factors by the changes since the last write, which was to the groups of `tracker`."""
        if not self._written or (tracker.matches(groups) and _core.same_values(groups, "lr", self._written)):
            return
        lrs = [group["lr"] for group in groups]
        pairs = list(zip(lrs, tracker.previous_index(groups), strict=True))
        self.factors = [1.0 if i is None else self.factors[i] * _change(self._written[i], lr) for lr, i in pairs]
        self._any = any(factor != 1.0 for factor in self.factors)
        self._written = lrs

    def write(self, groups: Sequence[ParamGroup]) -> None:
        """Multiply the learning rates of `groups`, which have just been written, by the factors."""
        if len(self.factors) != len(groups):
            self.factors = (self.factors + [1.0] * len(groups))[: len(groups)]
        if self._any:
            for group, factor in zip(groups, self.factors, strict=True):
                set_lr(group, factor * float(group["lr"]))
        self._written = [group["lr"] for group in groups]


def _change(written: Any, present: Any) -> float:
    if not (isinstance(written, (float, int)) and isinstance(present, (float, int)) and written and present):
        return 1.0
    ratio = present / written
    return ratio if isfinite(ratio) and abs(ratio - 1.0) > ROUNDING else 1.0
