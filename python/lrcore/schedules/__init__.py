"""Learning-rate schedules: immutable values, pure functions of the step."""

from __future__ import annotations

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
