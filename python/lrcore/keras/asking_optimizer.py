"""The optimizer that asks a schedule for its learning rate."""

from __future__ import annotations

import inspect
from typing import Any

import keras

from lrcore.keras.learning_rate import batches_per_update


def batches_per_step(counter: Any) -> int:
    """How many counts of `counter` are one update, if an optimizer asks for the learning rate at this counter of its.

    Keras gives a schedule the optimizer's counter of batches and nothing else, and the counter does not know its
    optimizer. So it is looked for where it must be: among the callers.
    """
    frame = inspect.currentframe() if isinstance(counter, keras.Variable) else None
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, keras.optimizers.Optimizer) and caller._iterations is counter:
            return batches_per_update(caller)
        frame = frame.f_back
    return 1
