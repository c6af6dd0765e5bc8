"""SGD with Nesterov momentum for Keras, in PyTorch's form of the recurrence."""

from __future__ import annotations

from lrcore.keras.optimizers._sgd import SGD

__all__ = ["SGD"]
