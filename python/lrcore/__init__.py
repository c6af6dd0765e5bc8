"""One learning-rate engine for PyTorch and Keras: the part that needs neither."""

from __future__ import annotations

from lrcore._public import set_public_module
from lrcore._validation import ArgumentError as ArgumentError
from lrcore._version import __version__
from lrcore.divergence import DivergenceDetector, Verdict
from lrcore.plateau import Plateau, Reduction
from lrcore.plot import plot_range_test, plot_schedule, plot_trace
from lrcore.range_test import RangeTest, RangeTestResult, StopReason
from lrcore.schedules import (
    Clip,
    Constant,
    Cooldown,
    Cosine,
    CosineRestarts,
    Cyclic,
    CyclicMomentum,
    Delay,
    Exponential,
    ExponentialDecay,
    InverseSqrt,
    InverseTime,
    Linear,
    MultiStep,
    Noam,
    Offset,
    OneCycle,
    OneCycleMomentum,
    PiecewiseConstant,
    PiecewiseCosine,
    PiecewiseLinear,
    Polynomial,
    Product,
    Repeat,
    Scaled,
    Schedule,
    Sequence,
    Step,
    Tabulated,
    Tanh,
    Until,
    Warmup,
    WarmupStableDecay,
)
from lrcore.schedules._parser import parse_schedule
from lrcore.sgd import grad_norm, sgd_step
from lrcore.smoothing import ExponentialMovingAverage, smooth
from lrcore.suggestions._steepest_descent import Bounds, Suggestion, bounds, suggest
from lrcore.threads import get_num_threads, set_num_threads
from lrcore.trace import Difference, Trace, TraceWriter, first_difference

__all__ = [
    "Bounds",
    "Clip",
    "Constant",
    "Cooldown",
    "Cosine",
    "CosineRestarts",
    "Cyclic",
    "CyclicMomentum",
    "Delay",
    "Difference",
    "DivergenceDetector",
    "Exponential",
    "ExponentialDecay",
    "ExponentialMovingAverage",
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
    "Plateau",
    "Polynomial",
    "Product",
    "RangeTest",
    "RangeTestResult",
    "Reduction",
    "Repeat",
    "Scaled",
    "Schedule",
    "Sequence",
    "Step",
    "StopReason",
    "Suggestion",
    "Tabulated",
    "Tanh",
    "Trace",
    "TraceWriter",
    "Until",
    "Verdict",
    "Warmup",
    "WarmupStableDecay",
    "__version__",
    "bounds",
    "first_difference",
    "get_num_threads",
    "grad_norm",
    "parse_schedule",
    "plot_range_test",
    "plot_schedule",
    "plot_trace",
    "set_num_threads",
    "sgd_step",
    "smooth",
    "suggest",
]

set_public_module(__name__)
