"""The general scheduler: writes what a schedule says into an optimizer's param groups."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lrcore._arguments import check_fields, check_version, count, real
from lrcore.schedules import Schedule
from lrcore.torch.param_groups import ParamGroup, has_momentum, one_per_group, param_groups, set_lr, set_momentum

VERSION = 1


class Scheduler(LRScheduler):
    """Sets the learning rate of update `t` to `schedule(t)`, for any optimizer.

        lr_group(t) = factor * schedule_group(t)

    Its whole state is the step `t`, kept in `last_epoch`, and `factor`, which is 1 until it is set, as
    `ReduceLROnPlateau` does on top of a schedule. It writes nothing else into the groups than lr (and momentum
    where asked), wraps no method of the optimizer and reads nothing back from it, so that optimizer and scheduler can
    be built and loaded in any order. A group added later follows the first schedule from the next `step()` on.

    Args:
        optimizer: Whose param groups are written; a tensor lr is filled in place.
        schedule: Schedule of the learning rate; one for all groups or a list of one per group.
        momentum: Likewise of the momentum, or of the first beta where the optimizer has betas; None leaves it alone.
        last_epoch: Index of the last update that was done, -1 before any; the next one is `last_epoch + 1`.

    Raises:
        ValueError: When a list does not have one schedule per group, `last_epoch` is below -1, or `momentum` is given
            for an optimizer that has none.
        TypeError: When `schedule` or `momentum` is not made of schedules.

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
        schedule: Schedule | Sequence[Schedule],
        *,
        momentum: Schedule | Sequence[Schedule] | None = None,
        last_epoch: int = -1,
    ) -> None:
        # LRScheduler.__init__ would wrap optimizer.step and write initial_lr into the groups: neither is needed here.
        groups = param_groups(optimizer)
        self.optimizer = optimizer
        self._lr_schedules = _schedules("schedule", schedule, groups)
        self._momentum_schedules = [] if momentum is None else _schedules("momentum", momentum, groups)
        if momentum is not None and not all(map(has_momentum, groups)):
            raise ValueError(f"momentum must be None for {type(optimizer).__name__}, which has no momentum or betas")
        if count("last_epoch", last_epoch) < -1:
            raise ValueError(f"last_epoch must be at least -1, but got {last_epoch}")
        self._factor = 1.0
        self._move_to(last_epoch + 1)

    @property
    def factor(self) -> float:
        """What every learning rate of the schedule is multiplied by; setting it rewrites the present ones.

        Raises:
            ValueError: When it is set to a number that is negative or not finite.
        """
        return self._factor

    @factor.setter
    def factor(self, factor: float) -> None:
        self._factor = _not_negative(factor)
        self._move_to(self.last_epoch)

    def step(self, epoch: int | None = None) -> None:
        """Move on to the next update, or to update number `epoch`, and write its values."""
        self._move_to(self.last_epoch + 1 if epoch is None else count("epoch", epoch))

    def get_lr(self) -> list[float]:  # type: ignore[override]  # torch may answer with tensors, this never does
        """The learning rate of the next update, for each group."""
        return self._lrs(self.last_epoch)

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
        check_fields("a scheduler state", state_dict, ("version", "step", "factor"))
        step = count("step", state_dict["step"])
        if step < 0:
            raise ValueError(f"step must not be negative, but got {step}")
        self._factor = _not_negative(state_dict["factor"])
        self._move_to(step)

    def _move_to(self, step: int) -> None:
        lrs = self._lrs(step)
        momenta = self._values(self._momentum_schedules, step)
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=False):
            set_lr(group, lr)
        for group, momentum in zip(self.optimizer.param_groups, momenta, strict=False):
            set_momentum(group, momentum)
        self.last_epoch = step

    def _lrs(self, step: int) -> list[float]:
        return [self._factor * lr for lr in self._values(self._lr_schedules, step)]

    def _values(self, schedules: list[Schedule], step: int) -> list[float]:
        values = [schedule(step) for schedule in schedules]
        return values + values[:1] * (len(self.optimizer.param_groups) - len(values))


def _schedules(name: str, schedules: Schedule | Sequence[Schedule], groups: list[ParamGroup]) -> list[Schedule]:
    checked = one_per_group(name, schedules, len(groups))
    for schedule in checked:
        if not isinstance(schedule, Schedule):
            raise TypeError(f"{name} must be a Schedule or a list of them, but got {schedule!r}")
    return checked


def _not_negative(factor: float) -> float:
    number = real("factor", factor)
    if not 0 <= number < inf:
        raise ValueError(f"factor must be finite and not negative, but got {factor}")
    return number
