"""Learning-rate schedules and callbacks, an LR finder and SGD for Keras 3.

Example:
    >>> from lrcore.keras import CyclicLR
    >>> CyclicLR(2e-4, 2e-2, 2000).schedule.values(0, 4001)[::1000].tolist()
    [0.0002, 0.010100000000000001, 0.02, 0.010100000000000001, 0.0002]
"""

from __future__ import annotations

try:
    import keras  # noqa: F401
except ImportError as error:
    raise ImportError("lrcore.keras needs Keras: pip install 'lrcore[keras]'") from error

from lrcore.keras.batch_loss import BatchLoss
from lrcore.keras.cosine_annealing import CosineAnnealingLR, CosineAnnealingWarmRestarts
from lrcore.keras.cyclic import CyclicLR
from lrcore.keras.decays import ExponentialLR, MultiStepLR, PolynomialLR, StepLR
from lrcore.keras.finder import LRFinder
from lrcore.keras.lr_find import lr_find
from lrcore.keras.one_cycle import OneCycleLR
from lrcore.keras.plateau import ReduceLROnPlateau
from lrcore.keras.schedule import Schedule
from lrcore.keras.schedule_callback import ScheduleCallback
from lrcore.keras.sgd import SGD

__all__ = [
    "SGD",
    "BatchLoss",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRFinder",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "Schedule",
    "ScheduleCallback",
    "StepLR",
    "lr_find",
]
