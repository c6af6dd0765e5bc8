"""Learning-rate schedules: immutable values, pure functions of the step."""

from __future__ import annotations

from lrcore._public import set_public_module
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

__all__ = [
    "Clip",
    "Constant",
    "Cooldown",
    "Cosine",
    "CosineRestarts",
    "Cyclic",
    "CyclicMomentum",
    "Delay",
    "Exponential",
    "ExponentialDecay",
    "InverseSqrt",
    "InverseTime",
    "Linear",
    "MultiStep",
    "Noam",
    "Offset",
    "OneCycle",
    "OneCycleMomentum",
    "PiecewiseConstant",
    "PiecewiseCosine",
    "PiecewiseLinear",
    "Polynomial",
    "Product",
    "Repeat",
    "Scaled",
    "Schedule",
    "Sequence",
    "Step",
    "Tabulated",
    "Tanh",
    "Until",
    "Warmup",
    "WarmupStableDecay",
]

set_public_module(__name__)
