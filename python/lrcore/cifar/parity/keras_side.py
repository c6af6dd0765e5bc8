"""The run in Keras: `train_on_batch` with lrcore's callback, and lrcore's optimizer or the stock one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

try:
    import keras
except ImportError as error:
    raise ImportError("parity needs Keras: pip install 'lrcore[keras]'") from error

import lrcore.keras
from lrcore.cifar.models import ModelSpec
from lrcore.cifar.models.keras_model import build_keras_model, keras_weights, undecayed_variables
from lrcore.cifar.parity.sides import MOMENTUM, Array, InitialState, TraceRow


class KerasRun:
    """See `lrcore.cifar.parity.sides.Side`.

    Args:
        start: Model, weights and schedule.
        pair: "lrcore" for `lrcore.keras.SGD`, "stock" for `keras.optimizers.SGD`.
    """

    def __init__(self, start: InitialState, pair: str) -> None:
        with _float64():
            self._model = build_keras_model(start.spec, start.weights, "float64")
            optimizer = OPTIMIZERS[pair](self._model, start.spec, start.schedule(0))
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            # The loss of a Keras model has the penalties in it, a metric has not.
            cross_entropy = keras.metrics.SparseCategoricalCrossentropy("cross_entropy", from_logits=True)
            self._model.compile(optimizer, loss, metrics=[cross_entropy], jit_compile=False)
        self._scheduling = lrcore.keras.ScheduleCallback(start.schedule)
        self._scheduling.set_model(self._model)
        self._scheduling.on_train_begin()

    def update(self, images: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> TraceRow:
        """Do one update."""
        step = self._scheduling.step
        self._scheduling.on_train_batch_begin(step)
        with _float64():
            self._model.reset_metrics()
            logs = self._model.train_on_batch(images, labels, return_dict=True)
        read_back = float(keras.ops.convert_to_numpy(self._model.optimizer.learning_rate))
        self._scheduling.on_train_batch_end(step)
        return TraceRow(step, self._scheduling.schedule(step), read_back, float(logs["cross_entropy"]))

    def weights(self) -> dict[str, Array]:
        """A copy of all weights and moving statistics."""
        return keras_weights(self._model)


def _lrcore_optimizer(model: keras.Model, spec: ModelSpec, lr: float) -> keras.optimizers.Optimizer:
    optimizer = lrcore.keras.SGD(lr, momentum=MOMENTUM, nesterov=True, weight_decay=spec.weight_decay)
    optimizer.exclude_from_weight_decay(var_list=undecayed_variables(model, spec))
    return optimizer


def _stock_optimizer(model: keras.Model, spec: ModelSpec, lr: float) -> keras.optimizers.Optimizer:
    """Keras' own. Its weight decay is decoupled: a penalty whose gradient is `weight_decay * w` stands in for it."""
    undecayed = {id(variable) for variable in undecayed_variables(model, spec)}
    for variable in model.trainable_variables:
        if id(variable) not in undecayed:
            variable.regularizer = keras.regularizers.L2(spec.weight_decay / 2)
    return keras.optimizers.SGD(lr, momentum=MOMENTUM, nesterov=True)


OPTIMIZERS = {"lrcore": _lrcore_optimizer, "stock": _stock_optimizer}


@contextmanager
def _float64() -> Iterator[None]:
    """Give learning rate, loss and metrics, which take Keras' default dtype, that of the model."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(before)
