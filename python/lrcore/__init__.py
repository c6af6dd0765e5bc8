"""One learning-rate engine for PyTorch and Keras: the part that needs neither."""

from __future__ import annotations

from lrcore._version import __version__
from lrcore.divergence import DivergenceDetector, Verdict
from lrcore.expression import parse_schedule
from lrcore.plateau import Plateau
from lrcore.plot import plot_range_test, plot_schedule, plot_trace
from lrcore.range_test import RangeTest, StopReason
from lrcore.range_test_result import RangeTestResult
from lrcore.schedules import (
    Constant,
    Cosine,
    Cyclic,
    CyclicMomentum,
    Exponential,
    ExponentialDecay,
    InverseTime,
    Linear,
    MultiStep,
    OneCycle,
    PiecewiseConstant,
    PiecewiseCosine,
    PiecewiseLinear,
    Polynomial,
    Scaled,
    Schedule,
    Step,
    Tabulated,
)
from lrcore.sgd import grad_norm, sgd_step
from lrcore.smoothing import ExponentialMovingAverage, smooth
from lrcore.suggest import Bounds, Suggestion, bounds, suggest
from lrcore.threads import get_num_threads, set_num_threads
from lrcore.trace import Difference, Trace, TraceWriter, first_difference

__all__ = [
    "Bounds",
    "Constant",
    "Cosine",
    "Cyclic",
    "CyclicMomentum",
    "Difference",
    "DivergenceDetector",
    "Exponential",
    "ExponentialDecay",
    "ExponentialMovingAverage",
    "InverseTime",
    "Linear",
    "MultiStep",
    "OneCycle",
    "PiecewiseConstant",
    "PiecewiseCosine",
    "PiecewiseLinear",
    "Plateau",
    "Polynomial",
    "RangeTest",
    "RangeTestResult",
    "Scaled",
    "Schedule",
    "Step",
    "StopReason",
    "Suggestion",
    "Tabulated",
    "Trace",
    "TraceWriter",
    "Verdict",
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
