"""The global random generators that a Keras model can draw from, all at once."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR


class RandomState:
    """Where Python's, NumPy's, Keras' and TensorFlow's global generators stand, to be put back any number of times.

    Layers such as Dropout draw from seed generators of their own, which are variables of the model. Neither Keras nor
    TensorFlow gives public access to its global generator, hence the private names.
    """

    def __init__(self) -> None:
        self._python = random.getstate()
        self._numpy = np.random.get_state()
        self._keras = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
        self._keras_seed = self._keras and np.array(self._keras.state.numpy())
        self._tensorflow = _tensorflow_context()
        self._tensorflow_seed = self._tensorflow and self._tensorflow._rng.getstate()

    def restore(self) -> None:
        """Put every generator back to where it stood at construction."""
        random.setstate(self._python)
        np.random.set_state(self._numpy)
        global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, self._keras)
        if self._keras is not None:
            self._keras.state.assign(self._keras_seed)
        if self._tensorflow is not None and self._tensorflow._rng.getstate() != self._tensorflow_seed:
            self._tensorflow._rng.setstate(self._tensorflow_seed)
            # An operation that has run under one of these seeds would go on from a state of its own.
            self._tensorflow.clear_kernel_cache()


def _tensorflow_context() -> Any:
    """The owner of TensorFlow's generator of operation seeds; None if that does not exist, as before a set_seed."""
    if keras.backend.backend() != "tensorflow":
        return None
    from tensorflow.python.eager import context

    return context.context() if hasattr(context.context(), "_rng") else None
