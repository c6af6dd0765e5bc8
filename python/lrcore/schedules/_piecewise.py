"""Schedules given by values at steps: constant, steps, lines and cosines between points, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar

import lrcore._core as _core
from lrcore._validation import as_float, as_int, as_tuple_of
from lrcore.schedules._base import Schedule
from lrcore.schedules._compat import compatible, defaults
from lrcore.schedules._timeline import CONSTANT_TIMELINE, PeriodicSegment, Timeline, piecewise_constant_timeline


@dataclass(frozen=True)
class Constant(Schedule):
    """The same learning rate at every step.

    lr(t) = lr

    Args:
        lr: Learning rate, finite and greater than 0.

    Raises:
        ValueError: When `lr` is out of range.
        TypeError: When `lr` is not a number.

    Source: the baseline of the guide; Keras and PyTorch optimizers without a schedule.

    Example:
        >>> Constant(0.1).values(0, 3).tolist()
        [0.1, 0.1, 0.1]
    """

    name: ClassVar[str] = "constant"

    lr: float

    def __post_init__(self) -> None:
        self._init_fields(_core.Constant, lr=as_float("lr", self.lr))

    def _timeline(self) -> Timeline:
        return CONSTANT_TIMELINE


def _as_timm(milestones: Sequence[int], gamma: float = 1.0, **given: Any) -> dict[str, Any]:
    steps = as_tuple_of(as_int, "milestones", milestones)
    return {"milestones": [step - 1 if step > 0 else step for step in steps], "gamma": gamma, **given}


@compatible(torch=defaults(), timm=_as_timm)
@dataclass(frozen=True)
class MultiStep(Schedule):
    """A learning rate that is multiplied by one number at each milestone.

    lr(t) = base_lr * gamma^(number of milestones m with m <= t),  the largest float64 where that overflows

    A milestone written twice counts twice. The update at a milestone is the first with the new learning rate (in timm's
    MultiStepLRScheduler the one before that is).

    Args:
        base_lr: Learning rate before the first milestone, finite and greater than 0.
        milestones: Steps at which it changes, not negative and not decreasing; kept as a tuple.
        gamma: Factor of each change, finite and not negative.
        compat: Whose way of counting and whose defaults to take: "torch" or "timm", whose milestones are one
            later and whose gamma is 1; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: torch.optim.lr_scheduler.MultiStepLR, which is wrong when it is resumed at a milestone: that milestone
    counts again.

    Example:
        >>> MultiStep(1, milestones=[2, 3, 3], gamma=0.5).values(0, 5).tolist()
        [1.0, 1.0, 0.5, 0.125, 0.125]
    """

    name: ClassVar[str] = "multi_step"
    _yscale: ClassVar[str] = "log"

    base_lr: float
    milestones: Sequence[int]
    gamma: float = 0.1
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, compat: str | None) -> None:
        self._init_fields(
            _core.MultiStep,
            base_lr=as_float("base_lr", self.base_lr),
            milestones=as_tuple_of(as_int, "milestones", self.milestones),
            gamma=as_float("gamma", self.gamma),
        )

    def _timeline(self) -> Timeline:
        return piecewise_constant_timeline(self.milestones)


def _as_keras(boundaries: Sequence[int], **given: Any) -> dict[str, Any]:
    steps = as_tuple_of(as_int, "boundaries", boundaries)
    return {"boundaries": [step + 1 if step >= 0 else step for step in steps], **given}


@compatible(keras=_as_keras, optax=defaults())
@dataclass(frozen=True)
class PiecewiseConstant(Schedule):
    """One learning rate up to each boundary, and a last one after all of them.

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
        self._init_fields(
            _core.PiecewiseConstant,
            boundaries=as_tuple_of(as_int, "boundaries", self.boundaries),
            lrs=as_tuple_of(as_float, "lrs", self.lrs),
        )

    def _timeline(self) -> Timeline:
        return piecewise_constant_timeline(self.boundaries)


@dataclass(frozen=True)
class PiecewiseCosine(Schedule):
    """A learning rate on half cosine waves from each milestone to the next, flat before the first and after the last.

    lr(t) = lrs[i] + (lrs[i + 1] - lrs[i]) * sin(pi * (t - m) / (2 * (n - m)))^2,
    m = milestones[i] <= t < n = milestones[i + 1]

    Args:
        milestones: Steps, increasing and not negative, at least one; kept as a tuple.
        lrs: Learning rate at each milestone, finite and not negative; kept as a tuple.

    Raises:
        ValueError: When an item is out of range or the lengths differ.
        TypeError: When an item is not a number.

    Source: optax.piecewise_interpolate_schedule("cosine"), whose learning rates are given as factors.

    Example:
        >>> PiecewiseCosine(milestones=[1, 3, 7], lrs=[0.0, 1.0, 0.5]).values(0, 9).round(3).tolist()
        [0.0, 0.0, 0.5, 1.0, 0.927, 0.75, 0.573, 0.5, 0.5]
    """

    name: ClassVar[str] = "piecewise_cosine"

    milestones: Sequence[int]
    lrs: Sequence[float]

    def __post_init__(self) -> None:
        self._init_fields(
            _core.PiecewiseCosine,
            milestones=as_tuple_of(as_int, "milestones", self.milestones),
            lrs=as_tuple_of(as_float, "lrs", self.lrs),
        )

    def _timeline(self) -> Timeline:
        return Timeline.ending_at(self.milestones[-1], self.milestones)


@dataclass(frozen=True)
class PiecewiseLinear(Schedule):
    """A learning rate on straight lines from each milestone to the next, flat before the first and after the last.

    lr(t) = ((n - t) * lrs[i] + (t - m) * lrs[i + 1]) / (n - m),  m = milestones[i] <= t < n = milestones[i + 1]

    Args:
        milestones: Steps, increasing and not negative, at least one; kept as a tuple.
        lrs: Learning rate at each milestone, finite and not negative; kept as a tuple.

    Raises:
        ValueError: When an item is out of range or the lengths differ.
        TypeError: When an item is not a number.

    Source: ignite.handlers.PiecewiseLinear; optax.piecewise_interpolate_schedule("linear"), whose learning rates are
    given as factors.

    Example:
        >>> PiecewiseLinear(milestones=[1, 3, 7], lrs=[0.0, 1.0, 0.5]).values(0, 9).tolist()
        [0.0, 0.0, 0.5, 1.0, 0.875, 0.75, 0.625, 0.5, 0.5]
    """

    name: ClassVar[str] = "piecewise_linear"

    milestones: Sequence[int]
    lrs: Sequence[float]

    def __post_init__(self) -> None:
        self._init_fields(
            _core.PiecewiseLinear,
            milestones=as_tuple_of(as_int, "milestones", self.milestones),
            lrs=as_tuple_of(as_float, "lrs", self.lrs),
        )

    def _timeline(self) -> Timeline:
        return Timeline.ending_at(self.milestones[-1], self.milestones)


@compatible(torch=defaults(), timm=defaults(gamma=1))
@dataclass(frozen=True)
class Step(Schedule):
    """A learning rate that is multiplied by one number every so many steps; it has no end.

    lr(t) = base_lr * gamma^(t // step_size),  the largest float64 where that overflows

    Args:
        base_lr: Learning rate at step 0, finite and greater than 0.
        step_size: Steps with the same learning rate, at least 1.
        gamma: Factor of each change, finite and not negative.
        compat: Whose way of counting and whose defaults to take: "torch" or "timm", whose gamma is 1; kept in the other
            arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: torch.optim.lr_scheduler.StepLR; timm.scheduler.StepLRScheduler without warm-up.

    Example:
        >>> Step(0.5, step_size=2, gamma=0.25).values(0, 6).tolist()
        [0.5, 0.5, 0.125, 0.125, 0.03125, 0.03125]
    """

    name: ClassVar[str] = "step"
    _yscale: ClassVar[str] = "log"

    base_lr: float
    step_size: int
    gamma: float = 0.1
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, compat: str | None) -> None:
        self._init_fields(
            _core.Step,
            base_lr=as_float("base_lr", self.base_lr),
            step_size=as_int("step_size", self.step_size),
            gamma=as_float("gamma", self.gamma),
        )

    def _timeline(self) -> Timeline:
        return Timeline(5 * self.step_size, cycles=(PeriodicSegment(self.step_size, is_staircase=True),))


@dataclass(frozen=True)
class Tabulated(Schedule):
    """A learning rate written out for every step; the last one is held.

    lr(t) = lrs[min(t, len(lrs) - 1)]

    Args:
        lrs: Learning rate of each step, finite and not negative, at least one; kept as a tuple.

    Raises:
        ValueError: When `lrs` is empty or an item out of range.
        TypeError: When an item is not a number.

    Source: torch.optim.lr_scheduler.LambdaLR, with the values in place of the function.

    Example:
        >>> Tabulated([0.1, 0.4, 0.2]).values(0, 5).tolist()
        [0.1, 0.4, 0.2, 0.2, 0.2]
    """

    name: ClassVar[str] = "tabulated"

    lrs: Sequence[float]

    def __post_init__(self) -> None:
        self._init_fields(_core.Tabulated, lrs=as_tuple_of(as_float, "lrs", self.lrs))

    def _timeline(self) -> Timeline:
        return Timeline.with_steps(len(self.lrs))
