"""Small models and data for the tests of the Keras adapter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import pytest


def _tensors(gradients: Any) -> list[Any]:
    return [gradient if gradient is None else keras.ops.convert_to_tensor(gradient) for gradient in gradients]


def _eager(optimizer: Any, variables: Any) -> Callable[[Any], None]:
    return lambda gradients: optimizer.apply(_tensors(gradients), variables)


def _in_graph(optimizer: Any, variables: Any, jit_compile: bool = True) -> Callable[[Any], None]:
    import tensorflow as tf

    apply = tf.function(lambda gradients: optimizer.apply(gradients, variables), jit_compile=jit_compile)
    return lambda gradients: apply(_tensors(gradients))


def _in_jax_jit(optimizer: Any, variables: Any) -> Callable[[Any], None]:
    import jax

    return _stateless(optimizer, variables, jax.jit(optimizer.stateless_apply))


def _stateless(optimizer: Any, variables: Any, apply: Any = None) -> Callable[[Any], None]:
    apply = apply or optimizer.stateless_apply

    def step(gradients: Any) -> None:
        written = [variables, optimizer.variables]
        values = [[variable.value for variable in group] for group in written]
        for group, results in zip(written, apply(values[1], _tensors(gradients), values[0]), strict=True):
            for variable, result in zip(group, results, strict=True):
                variable.assign(result)

    return step


@pytest.fixture(
    params={"tensorflow": [False, True, "eagerly"], "jax": [True], "torch": [False]}[keras.backend.backend()]
)
def how(request: pytest.FixtureRequest) -> dict[str, bool]:
    """Arguments of `compile` for a way in which `fit` runs on the backend in use."""
    return {"run_eagerly": True} if request.param == "eagerly" else {"jit_compile": request.param}


@pytest.fixture
def regression() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """44 samples: five batches of 8 and a ragged one of 4."""
    generator = np.random.default_rng(7)
    x = generator.normal(size=(44, 4)).astype(np.float32)
    return x, (x[:, :1] * 2 - x[:, 1:2] + 0.5).astype(np.float32)


@pytest.fixture
def in_order(regression: Any) -> keras.utils.PyDataset:
    """The batches of `regression`, six of them, without a shuffle."""

    class InOrder(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            x, y = regression
            return x[8 * index : 8 * index + 8], y[8 * index : 8 * index + 8]

    return InOrder()


@pytest.fixture
def compiled() -> Callable[..., keras.Model]:
    """A function that builds and compiles a network with dropout and batch normalisation, from a fixed seed."""

    def build(optimizer: Any = "sgd", **options: Any) -> keras.Model:
        keras.utils.set_random_seed(11)
        model = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(8, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01)),
                keras.layers.BatchNormalization(),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(1),
            ]
        )
        model.compile(optimizer, "mse", **{"metrics": ["mae"], **options})
        return model

    return build


@pytest.fixture
def lr_spy() -> type[keras.optimizers.SGD]:
    """An SGD that keeps, inside the train step, the learning rate of every update."""

    class Spy(keras.optimizers.SGD):
        def build(self, variables: Any) -> None:
            super().build(variables)
            self.used = self.add_variable((1000,), name="used")

        def apply(self, grads: Any, trainable_variables: Any = None) -> None:
            lr = keras.ops.convert_to_tensor(self.learning_rate)
            here = keras.ops.one_hot(self._iterations, 1000)
            super().apply(grads, trainable_variables)
            self.used.assign_add(here * lr)

        def lrs(self) -> npt.NDArray[np.float32]:
            count = int(keras.ops.convert_to_numpy(self._iterations))
            return keras.ops.convert_to_numpy(self.used)[:count]

    return Spy


class Mode(NamedTuple):
    """A way to run an update, the `SGD.path` that it takes for float32 variables, and whether XLA compiles it."""

    stepper: Callable[[Any, Any], Callable[[Any], None]]
    path: str
    in_xla: bool = False


MODES: dict[str, Mode] = {
    "tensorflow": {
        "eager": Mode(_eager, "tensorflow"),
        "graph": Mode(partial(_in_graph, jit_compile=False), "tensorflow"),
        "xla": Mode(_in_graph, "keras.ops", in_xla=True),
    },
    "jax": {"eager": Mode(_eager, "keras.ops"), "jit": Mode(_in_jax_jit, "keras.ops", in_xla=True)},
    "torch": {"eager": Mode(_eager, "core"), "stateless": Mode(_stateless, "keras.ops")},
}[keras.backend.backend()]


@pytest.fixture(params=MODES.values(), ids=MODES.keys())
def mode(request: pytest.FixtureRequest) -> Mode:
    """A way to run an update on the backend in use."""
    chosen: Mode = request.param
    return chosen


@pytest.fixture(params=[name for name in MODES if (keras.backend.backend(), name) != ("jax", "eager")])
def loss_scale_mode(request: pytest.FixtureRequest) -> Mode:
    """A way to run an update by Keras' LossScaleOptimizer, which cannot do so eagerly on JAX."""
    return MODES[request.param]


@pytest.fixture
def stepper(mode: Mode) -> Callable[[Any, Any], Callable[[Any], None]]:
    """Turns a built optimizer and its variables into a function of the gradients: one update."""
    return mode.stepper


@pytest.fixture
def path(mode: Mode) -> str:
    """The path of that update for float32 variables."""
    return mode.path
