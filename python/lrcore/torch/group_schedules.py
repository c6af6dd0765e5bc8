"""Which schedule each param group follows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from torch.optim import Optimizer

from lrcore.schedules import Schedule
from lrcore.schedules.schedule import CoreSchedule
from lrcore.torch.param_groups import ParamGroup, hyperparameter_key, one_per_group

Schedules: TypeAlias = "Schedule | Sequence[Schedule] | Mapping[int | str, Schedule]"


class GroupSchedules(ABC):
    """A schedule for each param group, or none for those that are left alone."""

    @abstractmethod
    def of(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The schedule of the group at `index`, whose learning rate before all schedules was `base_lr`."""

    def is_multiple_of_base_lr(self) -> bool:
        """Whether `base_lr` sets the scale of what the schedules say."""
        return False


@dataclass(frozen=True)
class OneEach(GroupSchedules):
    """A schedule for each group that was there at first; those added later follow the first one."""

    schedules: tuple[Schedule, ...]

    def of(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The schedule at `index`."""
        return self.schedules[index if index < len(self.schedules) else 0]


@dataclass(frozen=True)
class Chosen(GroupSchedules):
    """Schedules of the groups that are named, by position or by name."""

    schedules: Mapping[int | str, Schedule]

    def of(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The schedule under `index` or under the group's name."""
        return self.schedules.get(index, self.schedules.get(group.get("name", index)))


@dataclass(frozen=True)
class FromBaseLr(GroupSchedules):
    """The schedules that follow from what the learning rates were before."""

    make: Callable[[float], Schedule]

    def of(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The schedule that starts from `base_lr`."""
        return self.make(base_lr)

    def is_multiple_of_base_lr(self) -> bool:
        """Always."""
        return True


def group_schedules(name: str, schedules: Schedules | GroupSchedules, optimizer: Optimizer) -> GroupSchedules:
    """The schedules that a user gave for the groups of `optimizer`.

    Raises:
        ValueError: When a list has another length, a mapping names a group that is not there, or one twice, or a group
            that is to be scheduled has no such hyper-parameter.
        TypeError: When there is something else than a schedule.
    """
    if isinstance(schedules, GroupSchedules):
        return schedules
    checked = _checked(name, schedules, optimizer.param_groups)
    for index, group in enumerate(optimizer.param_groups):
        if checked.of(index, group, 0.0) is not None and hyperparameter_key(name, group) is None:
            lacking = "momentum or betas" if name == "momentum" else name
            raise ValueError(f"{name} must be None for {type(optimizer).__name__}, which has no {lacking}")
    return checked


def followers(
    scheduled: dict[str, list[Schedule | None]], groups: list[ParamGroup]
) -> list[tuple[str, CoreSchedule, list[int]]]:
    """What the core is to write: each different schedule of a hyper-parameter once, with the groups that follow it."""
    found: dict[tuple[str, CoreSchedule], list[int]] = {}
    for name, schedules in scheduled.items():
        for index, (group, schedule) in enumerate(zip(groups, schedules, strict=True)):
            key = hyperparameter_key(name, group)
            if schedule is not None and key is not None:
                found.setdefault((key, schedule._core_schedule), []).append(index)
    return [(key, schedule, indices) for (key, schedule), indices in found.items()]


def _checked(name: str, schedules: Schedules, groups: list[ParamGroup]) -> GroupSchedules:
    if isinstance(schedules, Mapping):
        _check_keys(name, schedules, groups)
        return Chosen({key: _schedule(name, schedule) for key, schedule in schedules.items()})
    return OneEach(tuple(_schedule(name, schedule) for schedule in one_per_group(name, schedules, len(groups))))


def _check_keys(name: str, schedules: Mapping[int | str, Schedule], groups: list[ParamGroup]) -> None:
    names = [group["name"] for group in groups if "name" in group]
    known = [*range(len(groups)), *names]
    for key in schedules:
        if isinstance(key, bool) or key not in known:
            raise ValueError(f"{name} must name param groups out of {known}, but got {key!r}")
    for index, group in enumerate(groups):
        if index in schedules and group.get("name") in schedules:
            raise ValueError(f"{name} must name each param group once, but got both {index} and {group['name']!r}")


def _schedule(name: str, schedule: object) -> Schedule:
    if not isinstance(schedule, Schedule):
        raise TypeError(f"{name} must be a Schedule, or a list or mapping of them, but got {schedule!r}")
    return schedule
