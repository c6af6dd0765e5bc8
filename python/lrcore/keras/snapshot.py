"""Everything that training changes in a Keras model, to be put back."""

from __future__ import annotations

import keras
import numpy as np


class Snapshot:
    """The values of all variables of a compiled model, its optimizer and its metrics.

    From construction to `restore` the model trains through a train function of its own: a compiled function holds the
    state of TensorFlow's random operations inside it, where it can neither be read nor put back.

    Args:
        model: A built and compiled model; its optimizer is built if it is not yet, which changes no value.

    Raises:
        ValueError: If the model has no variables yet.
    """

    def __init__(self, model: keras.Model) -> None:
        if not model.built:
            raise ValueError("the model must be built first, by an Input layer or model.build(input_shape)")
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        self._model = model
        variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
        self._values = [(variable, np.array(variable.numpy())) for variable in variables]
        self._stop_training = model.stop_training
        self._train_function = model.train_function
        model.make_train_function(force=True)

    def restore(self) -> None:
        """Put everything back; may be called again."""
        self._model.reset_metrics()  # for the metrics that were built since
        for variable, value in self._values:
            variable.assign(value)
        self._model.stop_training = self._stop_training
        self._model.train_function = self._train_function
