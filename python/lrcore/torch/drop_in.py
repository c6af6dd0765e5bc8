"""What the classes under torch's names share: the learning rates that their schedules start from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer

from lrcore._arguments import each, real
from lrcore.schedules import Schedule, Tabulated
from lrcore.torch.group_schedules import FromBaseLr, GroupSchedules
from lrcore.torch.param_groups import ParamGroup
from lrcore.torch.scheduler import Scheduler
from lrcore.torch.torch_state import of_torch


class DropIn(Scheduler):
    """A scheduler whose schedules may start from the learning rates that the groups had before all schedulers.

    That is a group's "initial_lr", as for torch's schedulers: written when the group is first seen, unless another
    scheduler has done so, and never changed. So it does not matter in which order several schedulers of one optimizer
    are built.

    Args:
        optimizer: Whose param groups are written.
        schedule: The schedule that starts from a learning rate, or the schedules of the groups.
        momentum: The schedules of the momentum, for the groups that have one.
        weight_decay: Likewise of the weight decay.
        last_epoch: Index of the last update that was done, -1 before any.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Callable[[float], Schedule] | GroupSchedules,
        momentum: GroupSchedules | None = None,
        weight_decay: GroupSchedules | None = None,
        last_epoch: int = -1,
    ) -> None:
        self._base_lrs: list[float] = []
        schedules = schedule if isinstance(schedule, GroupSchedules) else FromBaseLr(schedule)
        super().__init__(optimizer, schedules, momentum, weight_decay, last_epoch)

    @property
    def base_lrs(self) -> list[float]:  # type: ignore[override]
        """The learning rate that the schedule of each group starts from."""
        return list(self._base_lrs)

    def state_dict(self) -> dict[str, Any]:
        """The step, the factor and the learning rates that the schedules start from, in JSON types.

        The arguments of the constructor are no part of it: loading leaves them as they are.
        """
        return {**super().state_dict(), "base_lrs": list(self._base_lrs)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from `state_dict`, which may also be that of torch's scheduler of the same name.

        Raises:
            ValueError: When `state_dict` is of another version or a field is missing or unknown.
        """
        state = state_dict if "version" in state_dict else of_torch(state_dict)
        before = self._base_lrs
        self._base_lrs = list(each(real, "base_lrs", state.get("base_lrs", before)))
        self._forget_groups()
        try:
            super().load_state_dict(state)
        except BaseException:
            self._base_lrs = before
            self._forget_groups()
            raise

    def _base_lrs_of(self, groups: list[ParamGroup]) -> list[float]:
        new = [float(group["initial_lr" if "initial_lr" in group else "lr"]) for group in groups[len(self._base_lrs) :]]
        return self._base_lrs + new

    def _meet(self, groups: list[ParamGroup]) -> None:
        super()._meet(groups)
        self._base_lrs = self._base_lrs_of(groups)
        for group, base_lr in zip(groups, self._base_lrs, strict=False):
            group.setdefault("initial_lr", base_lr)


def unless_frozen(base_lr: float, schedule: Schedule) -> Schedule:
    """`schedule`, or 0 for ever for a group whose learning rate is 0, which most schedules cannot start from."""
    return schedule if base_lr else Tabulated([0.0])
