"""Snapshot of everything that training changes in a Keras model, to restore it afterwards."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR

if TYPE_CHECKING:
    from lrcore.keras._torch_modules import TorchModules


class RandomState:
    """State of the global generators of Python, NumPy, Keras, TensorFlow and torch, to be restored at any time.

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


def require_trainable(model: keras.Model) -> None:
    """Refuse a model that is not ready for `fit` as it stands."""
    if not model.compiled:
        raise ValueError("the model must be compiled first, by model.compile(optimizer, loss)")
    if not model.built:
        raise ValueError("the model must be built first, by an Input layer or model.build(input_shape)")
    if not model.trainable_variables:
        raise ValueError("the model must have trainable variables, but has none")


class Snapshot:
    """The values, in CPU memory, of all variables of a compiled model, its optimizer and its metrics.

    On the torch backend, also what its modules keep beside the variables. On TensorFlow the model runs through train
    and test functions of its own from construction to `restore`: a compiled function holds the state of TensorFlow's
    random operations inside it, where it can neither be read nor put back.

    A loss and metrics that Keras has not built yet are so again afterwards: to build them, the other backends look at a
    first batch of the data, which may draw random numbers.

    Args:
        model: A built and compiled model; its optimizer is built if it is not yet, which changes no value.

    Raises:
        ValueError: If the model is not compiled, has no variables yet, or none to train.
    """

    def __init__(self, model: keras.Model) -> None:
        require_trainable(model)
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        self._model = model
        variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
        self._values = [(variable, np.array(keras.ops.convert_to_numpy(variable))) for variable in variables]
        self._seeds = {id(variable) for variable in model.variables} - {id(weight) for weight in model.weights}
        self._modules = torch_modules(model)
        self._unbuilt = [
            part for part in (model._compile_loss, model._compile_metrics) if part is not None and not part.built
        ]
        self._attributes = {"stop_training": model.stop_training, **_new_functions(model)}

    def restore(self, random_state: bool = True) -> None:
        """Put everything back; may be called again.

        Args:
            random_state: Whether that includes the random generators of the model's layers and operations.
        """
        self._model.reset_metrics()  # for the metrics that were built since
        for variable, value in self._values:
            if random_state or id(variable) not in self._seeds:
                variable.assign(value)
        if self._modules is not None:
            self._modules.restore()
        if random_state:
            for part in self._unbuilt:
                part.metrics.clear()
                part.built = False
            for name, value in self._attributes.items():
                setattr(self._model, name, value)


def torch_modules(model: keras.Model) -> TorchModules | None:
    """State that the torch backend keeps beside the variables of `model`; None on the other backends."""
    if keras.backend.backend() != "torch":
        return None
    from lrcore.keras._torch_modules import TorchModules

    return TorchModules(model)


def _new_functions(model: keras.Model) -> dict[str, Any]:
    """Give the model new compiled functions, where these hold random states, and return the old ones."""
    if keras.backend.backend() != "tensorflow":
        return {}
    functions = {"train_function": model.train_function, "test_function": model.test_function}
    model.make_train_function(force=True)
    model.make_test_function(force=True)
    return functions


@contextmanager
def preserve_model(model: keras.Model) -> Iterator[Snapshot]:
    """Put `model` and the random generators back to what they were, whatever ends the training inside.

    Yields:
        The snapshot that is restored at the end, for restoring the model in between.
    """
    random_state, history = RandomState(), getattr(model, "history", None)
    snapshot = Snapshot(model)
    try:
        yield snapshot
    finally:
        release_data_iterators()
        snapshot.restore()
        model.history = history  # which fit sets before it calls the first callback
        random_state.restore()


def release_data_iterators() -> None:
    """End what the iterators of a finished `fit` still do.

    They are parts of reference cycles, and as long as they live, their threads fetch further batches, which may draw
    random numbers.
    """
    gc.collect()
