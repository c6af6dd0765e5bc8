"""A warm-up before any schedule."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar

from lrcore import _core
from lrcore._arguments import count, flag, real, text
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.multi_step import MultiStep
from lrcore.schedules.schedule import Schedule, learning_rate
from lrcore.schedules.step import Step
from lrcore.schedules.tanh import Tanh


def _as_torch(base: Schedule, first: str = "0", start_lr: float | None = None, **given: Any) -> dict[str, Any]:
    start = learning_rate("base", base)(0) / 3 if start_lr is None else start_lr
    return {"base": base, "first": first, "start_lr": start, **given}


def _as_timm(base: Schedule, first: str = "0", prefix: bool | None = None, **given: Any) -> dict[str, Any]:
    if isinstance(base, Tanh):
        raise ValueError("base must not be a Tanh with compat='timm', whose warm-up does not rise to base(0)")
    in_steps = isinstance(base, Step | MultiStep)
    return {"base": base, "first": first, "prefix": in_steps if prefix is None else prefix, **given}


@compatible(
    torch=_as_torch,
    keras=defaults(first="0"),
    optax=defaults(first="0"),
    timm=_as_timm,
    transformers=defaults(first="0"),
)
@dataclass(frozen=True)
class Warmup(Schedule):
    """A rise to the first learning rate of another schedule, which then runs from its step 0 on.

    lr(t) = start_lr + (base(0) - start_lr) * rise(x)  for t < steps,  base(t - steps)  from then on,  or base(t) if the
    warm-up is no prefix

    x is t / steps (first="0"), (t + 1) / steps ("1/W": the last step has the full rate, and so has the next one) or
    (t + 1) / (steps + 1) ("1/(W+1)"); rise(x) is x ("linear"), sin^2(pi/2 * x) ("cosine") or 1 - sqrt(1 - x)
    ("1-sqrt").

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        steps: Optimizer updates of the warm-up, at least 1.
        shape: "linear", "cosine" or "1-sqrt".
        first: The part of the rise that update 0 has behind it: "0" (update 0 does nothing at start_lr=0), "1/W"
            or "1/(W+1)".
        start_lr: Learning rate that the rise starts from, finite and not negative.
        prefix: Whether the warm-up comes before the base, or else takes the place of its first steps: then the length
            of the base includes it, and the learning rate jumps from base(0) to base(steps).
        compat: Whose way of counting and whose defaults to take: "torch", with first="0" and a start_lr of a
            third of base(0); "keras", "optax" or "transformers", with first="0"; or "timm", with first="0" and
            prefix=False unless the base is a Step or MultiStep; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: Goyal et al. (arXiv:1706.02677), section 2.2. "0" is that of torch's LinearLR in SequentialLR, Keras, optax
        and transformers, "1/(W+1)" that of nanoGPT. prefix=False is timm's default for cosine and polynomial decay.

    Example:
        >>> from lrcore import Cosine
        >>> Warmup(Cosine(1.0, decay_steps=100), steps=3).values(0, 4).tolist()
        [0.25, 0.5, 0.75, 1.0]
        >>> Warmup(Cosine(1.0, decay_steps=100), steps=4, first="0", start_lr=0.5).values(0, 5).tolist()
        [0.5, 0.625, 0.75, 0.875, 1.0]
        >>> Warmup(Cosine(1.0, decay_steps=4), steps=2, first="0", prefix=False).values(0, 5).round(3).tolist()
        [0.0, 0.5, 0.5, 0.146, 0.0]
    """

    name: ClassVar[str] = "warmup"

    base: Schedule
    steps: int
    shape: str = "linear"
    first: str = "1/(W+1)"
    start_lr: float = 0.0
    prefix: bool = True
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, compat: str | None) -> None:
        self._freeze(
            _core.Warmup,
            base=learning_rate("base", self.base),
            steps=count("steps", self.steps),
            shape=text("shape", self.shape),
            first=text("first", self.first),
            start_lr=real("start_lr", self.start_lr),
            prefix=flag("prefix", self.prefix),
        )

    def _course(self) -> Course:
        base = self.base.course()
        begun = base if self.prefix else base.shifted(-self.steps)  # without what the warm-up takes the place of
        return begun.shifted(self.steps).after(Course(self.steps))
