"""Learning-rate schedules and callbacks, an LR finder and SGD for Keras 3.

Example:
    >>> from lrcore.keras import CyclicLR
    >>> CyclicLR(2e-4, 2e-2, 2000).schedule.values(0, 4001)[::1000].tolist()
    [0.0002, 0.0101, 0.02, 0.0101, 0.0002]
"""

from __future__ import annotations

try:
    import keras  # noqa: F401
except ImportError as error:
    raise ImportError("lrcore.keras needs Keras: pip install 'lrcore[keras]'") from error

from lrcore._public import set_public_module
from lrcore.keras._batch_loss import BatchLoss
from lrcore.keras._plateau import ReduceLROnPlateau
from lrcore.keras.callbacks import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ScheduleCallback,
    StepLR,
)
from lrcore.keras.lr_finder import LRFinder, lr_find
from lrcore.keras.optimizers import SGD
from lrcore.keras.schedules import Schedule

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

set_public_module(__name__)
