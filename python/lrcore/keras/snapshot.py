"""Everything that training changes in a Keras model, to be put back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

if TYPE_CHECKING:
    from lrcore.keras.torch_modules import TorchModules


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
    """What the torch backend keeps beside the variables of `model`; None on the other backends."""
    if keras.backend.backend() != "torch":
        return None
    from lrcore.keras.torch_modules import TorchModules

    return TorchModules(model)


def _new_functions(model: keras.Model) -> dict[str, Any]:
    """Give the model new compiled functions, where these hold random states, and return the old ones."""
    if keras.backend.backend() != "tensorflow":
        return {}
    functions = {"train_function": model.train_function, "test_function": model.test_function}
    model.make_train_function(force=True)
    model.make_test_function(force=True)
    return functions
