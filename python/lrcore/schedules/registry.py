"""Every schedule there is, by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol, TypeVar

from lrcore.schedules.clip import Clip
from lrcore.schedules.constant import Constant
from lrcore.schedules.cooldown import Cooldown
from lrcore.schedules.cosine import Cosine
from lrcore.schedules.cosine_restarts import CosineRestarts
from lrcore.schedules.cyclic import Cyclic, CyclicMomentum
from lrcore.schedules.delay import Delay
from lrcore.schedules.exponential import Exponential
from lrcore.schedules.exponential_decay import ExponentialDecay
from lrcore.schedules.inverse_sqrt import InverseSqrt
from lrcore.schedules.inverse_time import InverseTime
from lrcore.schedules.linear import Linear
from lrcore.schedules.multi_step import MultiStep
from lrcore.schedules.noam import Noam
from lrcore.schedules.offset import Offset
from lrcore.schedules.one_cycle import OneCycle, OneCycleMomentum
from lrcore.schedules.piecewise_constant import PiecewiseConstant
from lrcore.schedules.piecewise_cosine import PiecewiseCosine
from lrcore.schedules.piecewise_linear import PiecewiseLinear
from lrcore.schedules.polynomial import Polynomial
from lrcore.schedules.product import Product
from lrcore.schedules.repeat import Repeat
from lrcore.schedules.scaled import Scaled
from lrcore.schedules.schedule import Schedule
from lrcore.schedules.sequence import Sequence
from lrcore.schedules.step import Step
from lrcore.schedules.tabulated import Tabulated
from lrcore.schedules.tanh import Tanh
from lrcore.schedules.until import Until
from lrcore.schedules.warmup import Warmup
from lrcore.schedules.warmup_stable_decay import WarmupStableDecay

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
