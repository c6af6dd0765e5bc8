"""Every schedule there is, by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol, TypeVar

from lrcore.schedules._base import Product, Scaled, Schedule, Sequence
from lrcore.schedules._cosine import Cosine, CosineRestarts
from lrcore.schedules._cyclic import Cyclic, CyclicMomentum, OneCycle, OneCycleMomentum
from lrcore.schedules._decay import Exponential, ExponentialDecay, Linear, Polynomial, Tanh
from lrcore.schedules._inverse import InverseSqrt, InverseTime, Noam
from lrcore.schedules._piecewise import (
    Constant,
    MultiStep,
    PiecewiseConstant,
    PiecewiseCosine,
    PiecewiseLinear,
    Step,
    Tabulated,
)
from lrcore.schedules._transforms import Clip, Delay, Offset, Repeat, Until
from lrcore.schedules._warmup import Cooldown, Warmup, WarmupStableDecay

LEARNING_RATES: tuple[type[Schedule], ...] = (
    Constant,
    PiecewiseConstant,
    PiecewiseLinear,
    PiecewiseCosine,
    Tabulated,
    Step,
    MultiStep,
    InverseTime,
    Linear,
    Polynomial,
    Exponential,
    ExponentialDecay,
    Cosine,
    CosineRestarts,
    Tanh,
    InverseSqrt,
    Noam,
    Cyclic,
    OneCycle,
    WarmupStableDecay,
    Scaled,
    Sequence,
    Product,
    Warmup,
    Cooldown,
    Clip,
    Delay,
    Offset,
    Repeat,
    Until,
)
SCHEDULES: tuple[type[Schedule], ...] = (*LEARNING_RATES, CyclicMomentum, OneCycleMomentum)


class HasName(Protocol):
    """A class that can be asked for by name."""

    name: ClassVar[str]


Named = TypeVar("Named", bound=HasName)


def find_schedule(name: object, among: Iterable[type[Named]]) -> type[Named]:
    """The class in `among` that goes by `name`; ValueError with the names to choose from if there is none."""
    classes = {schedule.name: schedule for schedule in among}
    if not isinstance(name, str) or name not in classes:
        raise ValueError(f"unknown schedule {name!r}: choose one of {', '.join(classes)}")
    return classes[name]
