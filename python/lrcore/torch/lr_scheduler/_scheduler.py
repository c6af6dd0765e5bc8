"""The general scheduler: writes the values of schedules into an optimizer's param groups."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic_ns
from typing import Any, TypeAlias

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

import lrcore._core as _core
from lrcore._validation import as_int, as_non_negative, check_fields, check_version
from lrcore.schedules import Schedule
from lrcore.schedules._base import CoreSchedule
from lrcore.torch._param_groups import ParamGroup, hyperparameter, hyperparameter_key, one_per_group, param_groups

Schedules: TypeAlias = "Schedule | Sequence[Schedule] | Mapping[int | str, Schedule]"

VERSION = 1


class Scheduler(LRScheduler):
    """Sets the learning rate of update `t` to `schedule(t)`, for any optimizer.

        lr_group(t) = factor * schedule_group(t)

    Its whole state is the step `t`, kept in `last_epoch`, and `factor`, which is 1 until it is set, as
    `ReduceLROnPlateau` does on top of a schedule. It writes nothing else into the groups than lr (and momentum and
    weight decay where asked), wraps no method of the optimizer and reads nothing back from it, so that optimizer and
    scheduler can be built and loaded in any order. The step alone says what a value is: an lr that is written into a
    group by hand lasts until the next `step()`; set `factor` for one that stays.

    A deep copy or a pickle takes the optimizer along, and with it the parameters, so that a copied pair is a pair
    again; to save a scheduler there is `state_dict`, and to look ahead there are its `schedules`.

    Args:
        optimizer: Whose param groups are written; a tensor lr is filled in place.
        schedule: Schedule of the learning rate: one for all groups, a list of one per group, or a mapping from the
            index or name (`group["name"]`) of a group to its schedule, which leaves the other groups alone. Groups that
            are added later follow the first of a list and none of a mapping.
        momentum: Likewise of the momentum, or of the first beta where the optimizer has betas; None leaves it alone.
        weight_decay: Likewise of the weight decay.
        last_epoch: Index of the last update that was done, -1 before any; the next one is `last_epoch + 1`.

    Raises:
        ValueError: When a list does not have one schedule per group, a mapping names a group that is not there,
            `last_epoch` is below -1, or `momentum` or `weight_decay` is given for groups that have none.
        TypeError: When one of the three is not made of schedules.

    Example:
        >>> import torch
        >>> from lrcore.schedules import PiecewiseConstant
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)])
        >>> scheduler = Scheduler(optimizer, PiecewiseConstant([2], [0.5, 0.25]))
        >>> lrs = []
        >>> for _ in range(4):
        ...     optimizer.step()
        ...     lrs += scheduler.get_last_lr()
        ...     scheduler.step()
        >>> lrs
        [0.5, 0.5, 0.25, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Schedules | GroupSchedules,
        momentum: Schedules | GroupSchedules | None = None,
        weight_decay: Schedules | GroupSchedules | None = None,
        last_epoch: int = -1,
    ) -> None:
        # LRScheduler.__init__ would wrap optimizer.step and write initial_lr into the groups: neither is needed here.
        param_groups(optimizer)
        self.optimizer = optimizer
        arguments = {"schedule": schedule, "momentum": momentum, "weight_decay": weight_decay}
        self.group_schedules = {
            name: group_schedules(name, schedules, optimizer)
            for name, schedules in arguments.items()
            if schedules is not None
        }
        # For SequentialLR: the hyper-parameters before its parts are the initial values of the part constructed first.
        self.initial_values = {
            name: tuple(hyperparameter(name, group) for group in optimizer.param_groups)
            for name in self.group_schedules
        }
        last_epoch = as_int("last_epoch", last_epoch)
        if last_epoch < -1:
            raise ValueError(f"last_epoch must be at least -1, but got {last_epoch}")
        self.created_at = monotonic_ns()
        self._tracker = ParamGroupTracker()
        self._writer: _core.ParamGroupWriter | None = None
        self._write(as_int("last_epoch", last_epoch + 1), factor=1.0)

    @property
    def factor(self) -> float:
        """Multiplier of every learning rate of the schedule; setting it rewrites the current ones.

        Raises:
            ValueError: When it is set to a number that is negative or not finite.
        """
        return self._factor

    @factor.setter
    def factor(self, factor: float) -> None:
        self._write(self._position, as_non_negative("factor", factor))

    @property
    def schedules(self) -> list[Schedule | None]:
        """The schedule of each group's learning rate, None where it is left alone."""
        return list(self._scheduled["schedule"])

    @property
    def base_lrs(self) -> list[float]:  # type: ignore[override]  # torch lets it be written
        """The learning rate of step 0, for each group."""
        return self._lrs(0, factor=1.0)

    @property
    def _last_lr(self) -> list[float]:  # type: ignore[override]
        return self.get_last_lr()  # where torch's users read it

    @property
    def _position(self) -> int:
        return self.last_epoch  # where the schedules are

    @property
    def _step_count(self) -> int:
        return self.last_epoch + 1  # where torch's users read it

    @_step_count.setter
    def _step_count(self, count: int) -> None:
        pass  # accelerate increments this per micro-batch; nothing here depends on it

    def step(self, epoch: int | None = None) -> None:
        """Move on to the next update, or to update number `epoch`, and write its values."""
        if epoch is None:
            self._write(self.last_epoch + 1, self._factor)
        else:
            self._jump_to(epoch)

    def _initial_step(self) -> None:
        self.step()  # called by torch's SequentialLR

    def _update_lr(self, epoch: int | None = None) -> None:
        self.step(epoch)  # called by torch's SequentialLR

    def get_lr(self) -> list[float]:  # type: ignore[override]  # torch may answer with tensors, this never does
        """The learning rate of the next update, for each group."""
        return self._lrs(self._position, self._factor)

    def get_last_lr(self) -> list[float]:  # type: ignore[override]
        """The learning rate of the next update, for each group: torch's name for `get_lr`."""
        return self.get_lr()

    def state_dict(self) -> dict[str, Any]:
        """The step and the factor, in JSON types; the schedules are configuration and not part of it."""
        return {"version": VERSION, "step": self.last_epoch, "factor": self._factor}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go to the step of `state_dict` and write its values.

        Raises:
            ValueError: When `state_dict` is of another version or a field is missing or unknown; nothing is changed.
        """
        check_version("a scheduler state", state_dict, VERSION)
        check_fields("a scheduler state", state_dict, self.state_dict())
        self._go_to(state_dict["step"], as_non_negative("factor", state_dict["factor"]))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_writer": None}

    def _jump_to(self, epoch: int) -> None:
        self._go_to(epoch, self._factor)

    def _go_to(self, step: int, factor: float) -> None:
        self._write(as_int("step", step), factor)

    def _write(self, step: int, factor: float) -> None:
        groups = self._groups()
        writer = self._writer
        if writer is None or not self._tracker.matches(groups):
            writer = self._bind_groups(groups)
        writer.write(groups, step, factor)
        self.last_epoch = step
        self._factor = factor

    def _bind_groups(self, groups: list[ParamGroup]) -> _core.ParamGroupWriter:
        """Resolve the schedules of `groups`, some of which may be new, and build the writer for them."""
        base_lrs, tracker = self._base_lrs_of(groups), self._tracker.updated(groups)
        self._scheduled = {
            name: [schedules.schedule_for(*each) for each in zip(tracker.slots, groups, base_lrs, strict=True)]
            for name, schedules in self.group_schedules.items()
        }
        self._writer = _core.ParamGroupWriter(group_indices_by_schedule(self._scheduled, groups))
        self._tracker = tracker
        return self._writer

    def _unbind_groups(self) -> None:
        self._writer = None

    def _groups(self) -> list[ParamGroup]:
        groups = self.optimizer.param_groups
        return groups if isinstance(groups, list) else list(groups)

    def _base_lrs_of(self, groups: list[ParamGroup]) -> list[float]:
        return [float(group["lr"]) for group in groups]

    def _lrs(self, step: int, factor: float) -> list[float]:
        groups = self._groups()
        if not self._tracker.matches(groups):
            self._bind_groups(groups)
        pairs = zip(groups, self._scheduled["schedule"], strict=True)
        return [float(group["lr"]) if schedule is None else factor * schedule(step) for group, schedule in pairs]


class GroupSchedules(ABC):
    """A schedule for each param group, or None for groups that are left alone."""

    @abstractmethod
    def schedule_for(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The schedule of the group at `index`, whose learning rate before all schedules was `base_lr`."""

    def is_multiple_of_base_lr(self) -> bool:
        """Return whether the schedules are multiples of `base_lr`."""
        return False


@dataclass(frozen=True)
class PerGroupSchedules(GroupSchedules):
    """A schedule for each group at construction; groups that are added later follow the first schedule."""

    schedules: tuple[Schedule, ...]

    def schedule_for(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The schedule at `index`."""
        return self.schedules[index if index < len(self.schedules) else 0]


@dataclass(frozen=True)
class KeyedSchedules(GroupSchedules):
    """Schedules of some groups, keyed by the index or the name of the group."""

    schedules: Mapping[int | str, Schedule]

    def schedule_for(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The schedule under `index` or under the group's name."""
        return self.schedules.get(index, self.schedules.get(group.get("name", index)))


@dataclass(frozen=True)
class BaseLrSchedules(GroupSchedules):
    """Schedules that start from the learning rates that the groups had before all schedules."""

    make: Callable[[float], Schedule]

    def schedule_for(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
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
        if checked.schedule_for(index, group, 0.0) is not None and hyperparameter_key(name, group) is None:
            lacking = "momentum or betas" if name == "momentum" else name
            raise ValueError(f"{name} must be None for {type(optimizer).__name__}, which has no {lacking}")
    return checked


def group_indices_by_schedule(
    scheduled: dict[str, list[Schedule | None]], groups: list[ParamGroup]
) -> list[tuple[str, CoreSchedule, list[int]]]:
    """Group indices by (key, schedule), so that the core evaluates each distinct schedule once per step."""
    indices_by_schedule: dict[tuple[str, CoreSchedule], list[int]] = {}
    for name, schedules in scheduled.items():
        for index, (group, schedule) in enumerate(zip(groups, schedules, strict=True)):
            key = hyperparameter_key(name, group)
            if schedule is not None and key is not None:
                indices_by_schedule.setdefault((key, schedule._core_schedule), []).append(index)
    return [(key, schedule, indices) for (key, schedule), indices in indices_by_schedule.items()]


def _checked(name: str, schedules: Schedules, groups: list[ParamGroup]) -> GroupSchedules:
    if isinstance(schedules, Mapping):
        _check_keys(name, schedules, groups)
        return KeyedSchedules({key: _schedule(name, schedule) for key, schedule in schedules.items()})
    return PerGroupSchedules(
        tuple(_schedule(name, schedule) for schedule in one_per_group(name, schedules, len(groups)))
    )


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


@dataclass(frozen=True, eq=False)
class ParamGroupTracker:
    """The optimizer's current param groups, each with a slot number that stays valid when groups are added or removed.

    A group is recognized by its list of parameters, which stays the same object when the optimizer loads a state.

    Example:
        >>> first, second = {"params": []}, {"params": []}
        >>> tracker = ParamGroupTracker().updated([first, second]).updated([second, {"params": []}])
        >>> tracker.slots
        (1, 2)
    """

    groups: list[ParamGroup] = field(default_factory=list)
    slots: tuple[int, ...] = ()
    seen: int = 0

    def matches(self, groups: list[ParamGroup]) -> bool:
        """Return whether `groups` are the current ones: the same objects in the same order."""
        return _core.same_objects(groups, self.groups)

    def updated(self, groups: list[ParamGroup]) -> ParamGroupTracker:
        """A tracker with `groups` as the current ones; new groups get new slots."""
        slots, seen = [], self.seen
        for index in self.previous_index(groups):
            slots.append(seen if index is None else self.slots[index])
            seen += index is None
        return ParamGroupTracker(list(groups), tuple(slots), seen)

    def previous_index(self, groups: list[ParamGroup]) -> list[int | None]:
        """The index of each of `groups` among the current ones; None for a new group."""
        known = {id(_identity(group)): index for index, group in enumerate(self.groups)}
        return [known.get(id(_identity(group))) for group in groups]


def _identity(group: ParamGroup) -> Any:
    return group.get("params", group)
