"""A straight line: a range test in equal steps, a warm-up, or linear decay."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import real
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.last import T_MINUS_1, T, steps_to_last
from lrcore.schedules.schedule import Schedule


@compatible(torch=defaults(last=T), optax=defaults(last=T), transformers=defaults(last=T), fastai=defaults(last=T))
@dataclass(frozen=True)
class Linear(Schedule):
    """A learning rate that goes from one value to another by equal differences, upwards or downwards.

    lr(t) = start_lr + (end_lr - start_lr) * t / (total_steps - 1),  end_lr from step total_steps - 1 on

    Both ends are exact.

    Args:
        start_lr: Learning rate at step 0, finite and not negative.
        end_lr: Learning rate at step total_steps - 1 and beyond, finite and not negative.
        total_steps: Number of steps from the first learning rate to the last, both counted; at least 2.
        last: Step with the last value, "T-1" (None means this) or "T"; kept in total_steps.
        compat: Whose way of counting and whose defaults to take: "torch", "optax", "transformers" or "fastai", all with
            last="T"; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: the range test of Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section
    3.3; optax.linear_schedule and torch.optim.lr_scheduler.LinearLR, with the number of values in place of that of the
    differences.

    Example:
        >>> Linear(0.0, 1.0, total_steps=5).values(0, 6).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
        >>> Linear(0.0, 1.0, 5, compat="torch") == Linear(0.0, 1.0, 5, last="T") == Linear(0.0, 1.0, 6)
        True
    """

    name: ClassVar[str] = "linear"

    start_lr: float
    end_lr: float
    total_steps: int
    last: InitVar[str | None] = field(default=None, kw_only=True)
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, last: str | None, compat: str | None) -> None:
        self._freeze(
            _core.Linear,
            start_lr=real("start_lr", self.start_lr),
            end_lr=real("end_lr", self.end_lr),
            total_steps=steps_to_last("total_steps", self.total_steps, last, own=T_MINUS_1),
        )

    def _course(self) -> Course:
        return Course.through(self.total_steps)
