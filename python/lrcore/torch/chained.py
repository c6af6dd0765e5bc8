"""Schedulers multiplied by each other under torch's signature."""

from __future__ import annotations

from collections.abc import Sequence

from torch.optim import Optimizer

from lrcore._arguments import as_given, each
from lrcore.torch.composition import AllAtOnce, checked_parts, own_before
from lrcore.torch.drop_in import DropIn
from lrcore.torch.scheduler import Scheduler


class ChainedScheduler(DropIn):
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

    starts_from_present_lr = False  # its parts have written that

    def __init__(self, schedulers: Sequence[Scheduler], optimizer: Optimizer | None = None) -> None:
        parts = checked_parts(each(as_given, "schedulers", schedulers), optimizer)
        following = {name: schedules for part in parts for name, schedules in part.following.items()}
        following["schedule"] = AllAtOnce(tuple(part.following["schedule"] for part in parts))
        super().__init__(parts[0].optimizer, following.pop("schedule"), **following, last_epoch=parts[0].last_epoch - 1)
        self.own, self.built_at = own_before(parts), min(part.built_at for part in parts)
