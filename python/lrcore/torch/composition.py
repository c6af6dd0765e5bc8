"""The schedules of several schedulers of one optimizer, one after another or multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from torch.optim import Optimizer

from lrcore import schedules
from lrcore.schedules import CyclicMomentum, Product, Scaled, Schedule, Tabulated
from lrcore.torch.group_schedules import GroupSchedules
from lrcore.torch.param_groups import ParamGroup, hyperparameter
from lrcore.torch.scheduler import Scheduler
from lrcore.torch.swa_lr import SWALR


@dataclass(frozen=True)
class OneAfterAnother(GroupSchedules):
    """Schedules of which the next begins at each milestone.

    Where there is none at first, a group keeps its own value; where there is none later, the last value of the one
    before is held.
    """

    name: str
    parts: tuple[GroupSchedules | None, ...]
    milestones: tuple[int, ...]
    own: tuple[float | None, ...]

    def placed(self) -> list[tuple[int, GroupSchedules | None]]:
        """Each part with the step where it begins."""
        return list(zip((0, *self.milestones), self.parts, strict=True))

    def of(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The sequence of what the parts have for this group; None if no part has anything."""
        found = [None if part is None else part.of(index, group, base_lr) for part in self.parts]
        scheduled = next((schedule for schedule in found if schedule is not None), None)
        value = self._own_value(index, group, base_lr)
        if scheduled is None or value is None:
            return None
        begins, filled = [0, *self.milestones], list[Schedule]()
        for place, schedule in enumerate(found):
            if place > 0:
                value = filled[-1](begins[place] - begins[place - 1] - 1)
            filled.append(_held(value, scheduled) if schedule is None else schedule)
        return schedules.Sequence(filled, self.milestones) if self.milestones else filled[0]

    def _own_value(self, index: int, group: ParamGroup, base_lr: float) -> float | None:
        if self.name == "schedule":
            return base_lr
        return self.own[index] if index < len(self.own) else hyperparameter(self.name, group)

    def is_multiple_of_base_lr(self) -> bool:
        """Whether all parts are."""
        return all(part is not None and part.is_multiple_of_base_lr() for part in self.parts)


def one_after_another(
    name: str,
    parts: Sequence[GroupSchedules | None],
    milestones: Sequence[int],
    own: tuple[float | None, ...],
) -> OneAfterAnother:
    """The sequence of `parts`, of which those that are sequences themselves are written flat."""
    begins = [0, *milestones]
    placed = []
    for part, begin, end in zip_longest(parts, begins, milestones):
        inner = part.placed() if isinstance(part, OneAfterAnother) else [(0, part)]
        placed += [(begin + at, each) for at, each in inner if end is None or begin + at < end]
    return OneAfterAnother(name, tuple(part for _, part in placed), tuple(begin for begin, _ in placed[1:]), own)


@dataclass(frozen=True)
class AllAtOnce(GroupSchedules):
    """Schedules that multiply each other; those that start from base_lr are factors of it."""

    parts: tuple[GroupSchedules, ...]

    def __post_init__(self) -> None:
        absolute = sum(not part.is_multiple_of_base_lr() for part in self.parts)
        if absolute > 1:
            raise ValueError(
                "schedulers must have at most one whose learning rates do not start from that of the group, such as "
                f"CyclicLR, but got {absolute}"
            )

    def of(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The product of what the parts have for this group; None if no part has anything."""
        absolute, relative = list[Schedule](), list[Schedule]()
        for part in self.parts:
            schedule = part.of(index, group, base_lr)
            if schedule is not None:
                (relative if part.is_multiple_of_base_lr() else absolute).append(schedule)
        if not absolute:
            absolute, relative = relative[:1], relative[1:]
        factors = [Scaled(schedule, 1.0 / base_lr) for schedule in relative if base_lr > 0]
        return Product([*absolute, *factors]) if absolute else None

    def is_multiple_of_base_lr(self) -> bool:
        """Whether all parts are."""
        return all(part.is_multiple_of_base_lr() for part in self.parts)


def checked_parts(schedulers: Sequence[Scheduler], optimizer: Optimizer | None) -> list[Scheduler]:
    """`schedulers`, if their schedules are known and they are all of `optimizer`, or of one where that is None.

    Raises:
        TypeError: When one of them is no scheduler of lrcore.torch whose schedule can be read.
        ValueError: When there is none, or one is of another optimizer.
    """
    if len(schedulers) == 0:
        raise ValueError("schedulers must have at least one scheduler, but got none")
    for index, scheduler in enumerate(schedulers):
        if not isinstance(scheduler, Scheduler) or isinstance(scheduler, SWALR):
            raise TypeError(
                f"schedulers[{index}] must be a Scheduler of lrcore.torch with a schedule of its own, but got "
                f"{type(scheduler).__name__}; reductions on a plateau go on top: ReduceLROnPlateau(optimizer, base=...)"
            )
        if scheduler.optimizer is not (optimizer or schedulers[0].optimizer):
            raise ValueError(f"schedulers[{index}] must be of the same optimizer as the others")
    return list(schedulers)


def own_before(parts: Sequence[Scheduler]) -> dict[str, tuple[float | None, ...]]:
    """What the groups had before all `parts`: the one that was built first found it there."""
    own: dict[str, tuple[float | None, ...]] = {}
    for part in sorted(parts, key=lambda part: part.built_at):
        own = {**part.own, **own}
    return own


def _held(value: float, like: Schedule) -> Schedule:
    return CyclicMomentum(value, value, 1) if like.quantity == CyclicMomentum.quantity else Tabulated([value])
