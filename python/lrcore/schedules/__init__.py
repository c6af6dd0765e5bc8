"""Learning-rate schedules: immutable values, pure functions of the step."""

from __future__ import annotations

from lrcore.schedules.constant import Constant
from lrcore.schedules.cosine import Cosine
from lrcore.schedules.cyclic import Cyclic, CyclicMomentum
from lrcore.schedules.exponential import Exponential
from lrcore.schedules.exponential_decay import ExponentialDecay
from lrcore.schedules.inverse_time import InverseTime
from lrcore.schedules.linear import Linear
from lrcore.schedules.multi_step import MultiStep
from lrcore.schedules.one_cycle import OneCycle
from lrcore.schedules.piecewise_constant import PiecewiseConstant
from lrcore.schedules.piecewise_cosine import PiecewiseCosine
from lrcore.schedules.piecewise_linear import PiecewiseLinear
from lrcore.schedules.polynomial import Polynomial
from lrcore.schedules.scaled import Scaled
from lrcore.schedules.schedule import Schedule
from lrcore.schedules.step import Step
from lrcore.schedules.tabulated import Tabulated

__all__ = [
    "Constant",
    "Cosine",
    "Cyclic",
    "CyclicMomentum",
    "Exponential",
    "ExponentialDecay",
    "InverseTime",
    "Linear",
    "MultiStep",
    "OneCycle",
    "PiecewiseConstant",
    "PiecewiseCosine",
    "PiecewiseLinear",
    "Polynomial",
    "Scaled",
    "Schedule",
    "Step",
    "Tabulated",
]
