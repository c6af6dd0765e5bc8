"""Schedulers one after another under torch's signature."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch.optim import Optimizer

from lrcore._arguments import as_given, count, each
from lrcore.torch.composition import checked_parts, one_after_another, own_before
from lrcore.torch.drop_in import DropIn
from lrcore.torch.scheduler import Scheduler


class SequentialLR(DropIn):
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

    starts_from_present_lr = False  # its parts have written that

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[Scheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None:
        given = each(as_given, "schedulers", schedulers)
        parts, joints = _with_steps(checked_parts(given, optimizer), each(count, "milestones", milestones))
        own = own_before(parts)
        following = {
            name: one_after_another(name, [part.following.get(name) for part in parts], joints, values)
            for name, values in own.items()
        }
        super().__init__(optimizer, following.pop("schedule"), **following, last_epoch=last_epoch)
        self.own, self.built_at = own, min(part.built_at for part in parts)


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
