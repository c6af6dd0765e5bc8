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
    Clip,
    Constant,
    Cooldown,
    Cosine,
    CosineRestarts,
    Cyclic,
    CyclicMomentum,
    Delay,
    Exponential,
    InverseSqrt,
    InverseTime,
    Linear,
    Noam,
    Offset,
    OneCycle,
    PiecewiseConstant,
    Product,
    Repeat,
    Scaled,
    Schedule,
    Sequence,
    Tanh,
    Until,
    Warmup,
    WarmupStableDecay,
)
from lrcore.sgd import grad_norm, sgd_step
from lrcore.smoothing import ExponentialMovingAverage, smooth
from lrcore.suggest import Bounds, Suggestion, bounds, suggest
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
    "ExponentialMovingAverage",
    "InverseSqrt",
    "InverseTime",
    "Linear",
    "Noam",
    "Offset",
    "OneCycle",
    "PiecewiseConstant",
    "Plateau",
    "Product",
    "RangeTest",
    "RangeTestResult",
    "Repeat",
    "Scaled",
    "Schedule",
    "Sequence",
    "StopReason",
    "Suggestion",
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
