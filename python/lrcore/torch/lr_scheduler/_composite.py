"""The schedules of several schedulers of one optimizer, one after another or multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from torch.optim import Optimizer

from lrcore import schedules
from lrcore._validation import as_int, as_tuple_of, unchecked
from lrcore.schedules import CyclicMomentum, Product, Scaled, Schedule, Tabulated
from lrcore.torch._param_groups import ParamGroup, hyperparameter
from lrcore.torch.lr_scheduler._scheduler import GroupSchedules, Scheduler
from lrcore.torch.lr_scheduler._swa import SWALR
from lrcore.torch.lr_scheduler._torch_compatible import TorchCompatibleScheduler


@dataclass(frozen=True)
class SequentialSchedules(GroupSchedules):
    """Schedules of which the next begins at each milestone.

    Where there is none at first, a group keeps its own value; where there is none later, the last value of the one
    before is held.
    """

    name: str
    parts: tuple[GroupSchedules | None, ...]
    milestones: tuple[int, ...]
    initial_values: tuple[float | None, ...]

    def with_begins(self) -> list[tuple[int, GroupSchedules | None]]:
        """Each part with the step where it begins."""
        return list(zip((0, *self.milestones), self.parts, strict=True))

    def schedule_for(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The sequence of what the parts have for this group; None if no part has anything."""
        found = [None if part is None else part.schedule_for(index, group, base_lr) for part in self.parts]
        scheduled = next((schedule for schedule in found if schedule is not None), None)
        value = self._initial_value(index, group, base_lr)
        if scheduled is None or value is None:
            return None
        begins, filled = [0, *self.milestones], list[Schedule]()
        for place, schedule in enumerate(found):
            if place > 0:
                value = filled[-1](begins[place] - begins[place - 1] - 1)
            filled.append(_held(value, scheduled) if schedule is None else schedule)
        return schedules.Sequence(filled, self.milestones) if self.milestones else filled[0]

    def _initial_value(self, index: int, group: ParamGroup, base_lr: float) -> float | None:
        if self.name == "schedule":
            return base_lr
        return self.initial_values[index] if index < len(self.initial_values) else hyperparameter(self.name, group)

    def is_multiple_of_base_lr(self) -> bool:
        """Whether all parts are."""
        return all(part is not None and part.is_multiple_of_base_lr() for part in self.parts)


def sequential_schedules(
    name: str,
    parts: Sequence[GroupSchedules | None],
    milestones: Sequence[int],
    own: tuple[float | None, ...],
) -> SequentialSchedules:
    """The sequence of `parts`, of which those that are sequences themselves are written flat."""
    begins = [0, *milestones]
    placed = []
    for part, begin, end in zip_longest(parts, begins, milestones):
        inner = part.with_begins() if isinstance(part, SequentialSchedules) else [(0, part)]
        placed += [(begin + at, each) for at, each in inner if end is None or begin + at < end]
    return SequentialSchedules(name, tuple(part for _, part in placed), tuple(begin for begin, _ in placed[1:]), own)


@dataclass(frozen=True)
class MultipliedSchedules(GroupSchedules):
    """Schedules that multiply each other; those that start from base_lr are factors of it."""

    parts: tuple[GroupSchedules, ...]

    def __post_init__(self) -> None:
        absolute = sum(not part.is_multiple_of_base_lr() for part in self.parts)
        if absolute > 1:
            raise ValueError(
                "schedulers must have at most one whose learning rates do not start from that of the group, such as "
                f"CyclicLR, but got {absolute}"
            )

    def schedule_for(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The product of what the parts have for this group; None if no part has anything."""
        absolute, relative = list[Schedule](), list[Schedule]()
        for part in self.parts:
            schedule = part.schedule_for(index, group, base_lr)
            if schedule is not None:
                (relative if part.is_multiple_of_base_lr() else absolute).append(schedule)
        if not absolute:
            absolute, relative = relative[:1], relative[1:]
        factors = [Scaled(schedule, 1.0 / base_lr) for schedule in relative if base_lr > 0]
        return Product([*absolute, *factors]) if absolute else None

    def is_multiple_of_base_lr(self) -> bool:
        """Whether all parts are."""
        return all(part.is_multiple_of_base_lr() for part in self.parts)


def validated_schedulers(schedulers: Sequence[Scheduler], optimizer: Optimizer | None) -> list[Scheduler]:
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


def values_before(parts: Sequence[Scheduler]) -> dict[str, tuple[float | None, ...]]:
    """What the groups had before all `parts`: the one that was built first found it there."""
    own: dict[str, tuple[float | None, ...]] = {}
    for part in sorted(parts, key=lambda part: part.created_at):
        own = {**part.initial_values, **own}
    return own


def _held(value: float, like: Schedule) -> Schedule:
    return CyclicMomentum(value, value, 1) if like.quantity == CyclicMomentum.quantity else Tabulated([value])


class ChainedScheduler(TorchCompatibleScheduler):
    """Follows several schedulers at once, as `torch.optim.lr_scheduler.ChainedScheduler`.

        lr(t) = base_lr * (schedule_1(t) / base_lr) * (schedule_2(t) / base_lr) * ...

    One scheduler that does not start from base_lr, such as `CyclicLR`, is multiplied by the factors of the others. The
    momentum is that of the last scheduler that has one. It reads the schedules of `schedulers` and leaves these alone
    from then on, and starts at the step where the first of them is.

    Args:
        schedulers: Schedulers of `lrcore.torch` for one optimizer, at least one.
        optimizer: That optimizer; None: of the first scheduler.

    Raises:
        ValueError: When there is no scheduler, they are of several optimizers, or more than one does not start from
            base_lr.
        TypeError: When something else than a scheduler of `lrcore.torch` is among `schedulers`, or `SWALR`.

    Example:
        >>> import torch
        >>> from lrcore.torch import ConstantLR, ExponentialLR
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = ChainedScheduler([ConstantLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)])
        >>> [(scheduler.get_last_lr()[0], scheduler.step())[0] for _ in range(4)]
        [0.5, 0.25, 0.25, 0.125]
    """

    keeps_present_lr = False  # its parts have written that

    def __init__(self, schedulers: Sequence[Scheduler], optimizer: Optimizer | None = None) -> None:
        parts = validated_schedulers(as_tuple_of(unchecked, "schedulers", schedulers), optimizer)
        following = {name: schedules for part in parts for name, schedules in part.group_schedules.items()}
        following["schedule"] = MultipliedSchedules(tuple(part.group_schedules["schedule"] for part in parts))
        super().__init__(parts[0].optimizer, following.pop("schedule"), **following, last_epoch=parts[0].last_epoch - 1)
        self.initial_values, self.created_at = values_before(parts), min(part.created_at for part in parts)


class SequentialLR(TorchCompatibleScheduler):
    """Follows schedulers one after another, each from its step 0 on, as `torch.optim.lr_scheduler.SequentialLR`.

        lr(t) = schedule_i(t - begin_i),  i = number of milestones m with m <= t

    It reads the schedules of `schedulers` and leaves these alone from then on. The momentum before the first scheduler
    that has one is what it was before all schedulers; after the last one it stays where that one left it. A sequence in
    a sequence has the same values as that one sequence written flat.

    Args:
        optimizer: Whose param groups are written.
        schedulers: Schedulers of `lrcore.torch` for this optimizer, at least one.
        milestones: Steps at which the next one begins, not negative and not decreasing, one fewer than there are
            schedulers; one without steps is left out.
        last_epoch: Index of the last step that was done, -1 before any.

    Raises:
        ValueError: When the lengths do not fit, milestones decrease, or a scheduler is of another optimizer.
        TypeError: When something else than a scheduler of `lrcore.torch` is among `schedulers`, or `SWALR`, which
            starts from what the optimizer has at that time.

    Example:
        >>> import torch
        >>> from lrcore.torch import ExponentialLR, LinearLR
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        >>> warmup, decay = LinearLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)
        >>> scheduler = SequentialLR(optimizer, [warmup, decay], milestones=[2])
        >>> [(scheduler.get_last_lr()[0], scheduler.step())[0] for _ in range(5)]
        [0.5, 0.75, 1.0, 0.5, 0.25]
    """

    keeps_present_lr = False  # its parts have written that

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[Scheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None:
        given = as_tuple_of(unchecked, "schedulers", schedulers)
        parts, phase_starts = _with_steps(
            validated_schedulers(given, optimizer), as_tuple_of(as_int, "milestones", milestones)
        )
        own = values_before(parts)
        following = {
            name: sequential_schedules(name, [part.group_schedules.get(name) for part in parts], phase_starts, values)
            for name, values in own.items()
        }
        super().__init__(optimizer, following.pop("schedule"), **following, last_epoch=last_epoch)
        self.initial_values, self.created_at = own, min(part.created_at for part in parts)


def _with_steps(parts: list[Scheduler], milestones: tuple[int, ...]) -> tuple[list[Scheduler], tuple[int, ...]]:
    """The parts that have steps, and the milestones between them."""
    if len(milestones) != len(parts) - 1:
        raise ValueError(f"milestones must be one fewer than the {len(parts)} schedulers, but got {len(milestones)}")
    begins = [0, *milestones]
    for before, after in pairwise(begins):
        if after < before:
            raise ValueError(f"milestones must not be negative or decrease, but got {list(milestones)}")
    kept = [index for index, (begin, end) in enumerate(zip(begins, milestones, strict=False)) if begin < end]
    kept.append(len(parts) - 1)
    return [parts[index] for index in kept], tuple(begins[index] for index in kept[1:])
