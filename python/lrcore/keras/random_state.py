"""The global random generators that a Keras model or its data can draw from, all at once."""

from __future__ import annotations

import random
import sys
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR


class RandomState:
    """Where the global generators of Python, NumPy, Keras, TensorFlow and torch stand, to be put back any time.

    Whatever the backend, a torch DataLoader draws from torch's generators. Layers such as Dropout draw from seed
    generators of their own, which are variables of the model.
    """

    def __init__(self) -> None:
        self._python = random.getstate()
        self._numpy = np.random.get_state()
        # Neither Keras nor TensorFlow gives public access to its global generator, hence the private names.
        self._keras = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
        self._keras_seed = self._keras and np.array(keras.ops.convert_to_numpy(self._keras.state))
        self._tensorflow = _tensorflow_context()
        self._tensorflow_seed = self._tensorflow and self._tensorflow._rng.getstate()
        self._torch = _torch_generators()

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
        if self._torch is not None:
            torch, cpu, cuda = self._torch
            torch.set_rng_state(cpu)
            torch.cuda.set_rng_state_all(cuda)


def _tensorflow_context() -> Any:
    """The owner of TensorFlow's generator of operation seeds; None if that does not exist, as before a set_seed."""
    if sys.modules.get("tensorflow") is None:
        return None
    from tensorflow.python.eager import context

    return context.context() if hasattr(context.context(), "_rng") else None


def _torch_generators() -> tuple[Any, Any, list[Any]] | None:
    """The module torch with the states of its generators; None if it is not in use."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return None
    # Asking for CUDA's states starts CUDA; while it has not been started, nothing has drawn from them.
    started = torch.cuda.is_initialized()
    return torch, torch.get_rng_state(), torch.cuda.get_rng_state_all() if started else []
