"""Schedulers made of others of one optimizer: one after another, or multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from torch.optim import Optimizer

from lrcore._validation import as_int, as_tuple_of, unchecked
from lrcore.schedules import CyclicMomentum, Product, Scaled, Schedule, Tabulated
from lrcore.schedules import Sequence as SequenceSchedule
from lrcore.torch._param_groups import ParamGroup, hyperparameter
from lrcore.torch.lr_scheduler._scheduler import GroupSchedules, Scheduler
from lrcore.torch.lr_scheduler._swa import SWALR
from lrcore.torch.lr_scheduler._torch_compatible import TorchCompatibleScheduler


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
            schedulers; a scheduler without steps is skipped.
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

    keeps_present_lr = False  # the present lr was written by the parts

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[Scheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None:
        given = as_tuple_of(unchecked, "schedulers", schedulers)
        parts, phase_starts = _with_steps(
            validated_schedulers(given, optimizer), as_tuple_of(as_int, "milestones", milestones)
        )
        initial_values = values_before(parts)
        combined = {
            name: sequential_schedules(name, [part.group_schedules.get(name) for part in parts], phase_starts, values)
            for name, values in initial_values.items()
        }
        super().__init__(optimizer, combined.pop("schedule"), **combined, last_epoch=last_epoch)
        self.initial_values, self.created_at = initial_values, min(part.created_at for part in parts)


def _with_steps(parts: list[Scheduler], milestones: tuple[int, ...]) -> tuple[list[Scheduler], tuple[int, ...]]:
    """The parts that have steps, and the milestones between them."""
    if len(milestones) != len(parts) - 1:
        raise ValueError(f"milestones must be one fewer than the {len(parts)} schedulers, but got {len(milestones)}")
    starts = [0, *milestones]
    for before, after in pairwise(starts):
        if after < before:
            raise ValueError(f"milestones must not be negative or decrease, but got {list(milestones)}")
    kept = [index for index, (start, end) in enumerate(zip(starts, milestones, strict=False)) if start < end]
    kept.append(len(parts) - 1)
    return [parts[index] for index in kept], tuple(starts[index] for index in kept[1:])


@dataclass(frozen=True)
class SequentialSchedules(GroupSchedules):
    """Schedules one after another: the next one begins at each milestone.

    A group without a schedule in the first part keeps its own value; in a later part, the last value before it.
    """

    name: str
    parts: tuple[GroupSchedules | None, ...]
    milestones: tuple[int, ...]
    initial_values: tuple[float | None, ...]

    def with_starts(self) -> list[tuple[int, GroupSchedules | None]]:
        """Each part with the step where it begins."""
        return list(zip((0, *self.milestones), self.parts, strict=True))

    def schedule_for(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The sequence of the parts' schedules of this group; None if no part has one."""
        schedules = [None if part is None else part.schedule_for(index, group, base_lr) for part in self.parts]
        first = next((schedule for schedule in schedules if schedule is not None), None)
        value = self._initial_value(index, group, base_lr)
        if first is None or value is None:
            return None
        starts, filled = [0, *self.milestones], list[Schedule]()
        for position, schedule in enumerate(schedules):
            if position > 0:
                value = filled[-1](starts[position] - starts[position - 1] - 1)
            filled.append(_constant(value, like=first) if schedule is None else schedule)
        return SequenceSchedule(filled, self.milestones) if self.milestones else filled[0]

    def _initial_value(self, index: int, group: ParamGroup, base_lr: float) -> float | None:
        if self.name == "schedule":
            return base_lr
        return self.initial_values[index] if index < len(self.initial_values) else hyperparameter(self.name, group)

    def is_multiple_of_base_lr(self) -> bool:
        """Return whether all parts are multiples of base_lr."""
        return all(part is not None and part.is_multiple_of_base_lr() for part in self.parts)


def _constant(value: float, like: Schedule) -> Schedule:
    return CyclicMomentum(value, value, 1) if like.quantity == CyclicMomentum.quantity else Tabulated([value])


def sequential_schedules(
    name: str,
    parts: Sequence[GroupSchedules | None],
    milestones: Sequence[int],
    initial_values: tuple[float | None, ...],
) -> SequentialSchedules:
    """The sequence of `parts`, with the parts of nested sequences in place of these."""
    flat = []
    for part, start, end in zip_longest(parts, [0, *milestones], milestones):
        inner = part.with_starts() if isinstance(part, SequentialSchedules) else [(0, part)]
        flat += [(start + offset, each) for offset, each in inner if end is None or start + offset < end]
    flat_parts, flat_milestones = tuple(part for _, part in flat), tuple(start for start, _ in flat[1:])
    return SequentialSchedules(name, flat_parts, flat_milestones, initial_values)


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

    keeps_present_lr = False  # the present lr was written by the parts

    def __init__(self, schedulers: Sequence[Scheduler], optimizer: Optimizer | None = None) -> None:
        parts = validated_schedulers(as_tuple_of(unchecked, "schedulers", schedulers), optimizer)
        others = {name: schedules for part in parts for name, schedules in part.group_schedules.items()}
        del others["schedule"]
        lrs = MultipliedSchedules(tuple(part.group_schedules["schedule"] for part in parts))
        super().__init__(parts[0].optimizer, lrs, **others, last_epoch=parts[0].last_epoch - 1)
        self.initial_values, self.created_at = values_before(parts), min(part.created_at for part in parts)


@dataclass(frozen=True)
class MultipliedSchedules(GroupSchedules):
    """The product of schedules; all but one are multiples of base_lr, and enter as factors of it."""

    parts: tuple[GroupSchedules, ...]

    def __post_init__(self) -> None:
        absolute = sum(not part.is_multiple_of_base_lr() for part in self.parts)
        if absolute > 1:
            raise ValueError(
                "schedulers must have at most one whose learning rates do not start from that of the group, such as "
                f"CyclicLR, but got {absolute}"
            )

    def schedule_for(self, index: int, group: ParamGroup, base_lr: float) -> Schedule | None:
        """The product of the parts' schedules of this group; None if no part has one."""
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
        """Return whether all parts are multiples of base_lr."""
        return all(part.is_multiple_of_base_lr() for part in self.parts)


def validated_schedulers(schedulers: Sequence[Scheduler], optimizer: Optimizer | None) -> list[Scheduler]:
    """Return `schedulers` if their schedules can be read and all belong to `optimizer` (or one, if that is None).

    Raises:
        TypeError: When one is not a scheduler of lrcore.torch whose schedule can be read.
        ValueError: When there is no scheduler, or one of another optimizer.
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
    """Hyper-parameters before any of `parts` was constructed, taken from the one constructed first."""
    values: dict[str, tuple[float | None, ...]] = {}
    for part in sorted(parts, key=lambda part: part.created_at):
        values = {**part.initial_values, **values}
    return values
