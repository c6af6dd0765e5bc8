"""Learning rates in steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar

from lrcore import _core
from lrcore._arguments import count, each, real
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.family_courses import levels
from lrcore.schedules.schedule import Schedule


def _as_keras(boundaries: Sequence[int], **given: Any) -> dict[str, Any]:
    steps = each(count, "boundaries", boundaries)
    return {"boundaries": [step + 1 if step >= 0 else step for step in steps], **given}


@compatible(keras=_as_keras, optax=defaults())
@dataclass(frozen=True)
class PiecewiseConstant(Schedule):
    """One learning rate up to each boundary, and a last one for ever.

    lr(t) = lrs[number of boundaries b with b <= t]

    The update at a boundary uses the new learning rate, as in PyTorch and optax (Keras switches one update later).

    Args:
        boundaries: Steps at which the learning rate changes, increasing and greater than 0; kept as a tuple.
        lrs: Learning rates, finite and greater than 0, one more than there are boundaries; kept as a tuple.
        compat: Whose way of counting and whose defaults to take: "keras", where the update at a boundary is
            the last with the old learning rate, or "optax"; kept in the other arguments.

    Raises:
        ValueError: When an item is out of range or the lengths do not fit.
        TypeError: When an item is not a number.

    Source: torch.optim.lr_scheduler.MultiStepLR, with the learning rates written out.

    Example:
        >>> PiecewiseConstant(boundaries=[2, 3], lrs=[0.1, 0.01, 0.001]).values(0, 5).tolist()
        [0.1, 0.1, 0.01, 0.001, 0.001]
    """

    name: ClassVar[str] = "piecewise_constant"

    boundaries: Sequence[int]
    lrs: Sequence[float]
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, compat: str | None) -> None:
        self._freeze(
            _core.PiecewiseConstant,
            boundaries=each(count, "boundaries", self.boundaries),
            lrs=each(real, "lrs", self.lrs),
        )

    def _course(self) -> Course:
        return levels(self.boundaries)
