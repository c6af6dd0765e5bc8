"""BatchNorm's statistics of single batches, in Keras."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from lrcore.cifar.models.keras_model import build_keras_model, keras_variables, numpy_copy
from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.models.weights import Weights


class KerasBatchStatistics:
    """The moving statistics that a training pass leaves, see `reestimate_batch_norm`.

    Args:
        spec: The model.
        weights: As `initial_weights` gives them; they are copied.
        dtype: Of the computation.
    """

    def __init__(self, spec: ModelSpec, weights: Weights, *, dtype: str = "float32") -> None:
        self._dtype = dtype
        self._model = build_keras_model(spec, weights, dtype)
        variables = keras_variables(self._model)
        self._statistics = {name: variable for name, variable in variables.items() if not variable.trainable}

    def __call__(self, images: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """The moving statistics by name after a batch of images (N, 32, 32, 3)."""
        self._model(images.astype(self._dtype, copy=False), training=True)
        return {name: numpy_copy(variable) for name, variable in self._statistics.items()}
