"""SGD with Nesterov momentum in PyTorch's form, as a Keras optimizer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import keras

from lrcore._arguments import flag, real


@keras.saving.register_keras_serializable(package="lrcore")
class SGD(keras.optimizers.Optimizer):
    """Stochastic gradient descent whose momentum does not remember old learning rates.

        g = gradient + weight_decay * w
        b = momentum * b + g                     (b starts at 0)
        w = w - lr * (g + momentum * b)          nesterov
        w = w - lr * b                           momentum alone
        w = w - lr * g                           no momentum

    `keras.optimizers.SGD` keeps v = momentum * v - lr * g instead: the same path as long as lr is constant, another
    one as soon as it moves. Its weight decay is decoupled from the gradient, this one is not.

    On the TensorFlow backend the update of float32 and float64 variables on the CPU runs in lrcore's core, in eager
    mode as well as in a tf.function. Everywhere else, so under XLA (`jit_compile=True`), on accelerators, for other
    dtypes, under a tf.distribute strategy and on other backends, the same recurrence runs in keras.ops.

    Args:
        learning_rate: A number, or a `LearningRateSchedule`.
        momentum: Weight of the previous b, in [0, 1).
        weight_decay: Coupled decay, added to the gradient of every variable that `exclude_from_weight_decay` has not
            named.
        nesterov: Look ahead by one step of the momentum; needs `momentum`.
        name: Name of the optimizer.
        **kwargs: `clipnorm`, `gradient_accumulation_steps`, `use_ema` and so on of `keras.optimizers.Optimizer`,
            which act before and after the update.

    Raises:
        ValueError: For an argument out of range, and for `nesterov` without momentum.

    Source: torch.optim.SGD; Sutskever et al., "On the importance of initialization and momentum in deep learning",
    ICML 2013.

    Example:
        >>> SGD(0.1, momentum=0.9, nesterov=True).get_config()["momentum"]
        0.9
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        *,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        name: str = "sgd",
        **kwargs: Any,
    ) -> None:
        if isinstance(learning_rate, Real):
            learning_rate = _not_negative("learning_rate", learning_rate)
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.momentum = _not_negative("momentum", momentum)
        if self.momentum >= 1:
            raise ValueError(f"momentum must be less than 1, but got {self.momentum}")
        self.weight_decay = _not_negative("weight_decay", weight_decay)
        self.nesterov = flag("nesterov", nesterov)
        if self.nesterov and self.momentum == 0:
            raise ValueError("momentum must be greater than 0 with nesterov, but got 0.0")

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create a momentum buffer b for each of `variables`."""
        if self.built:
            return
        super().build(variables)
        self.momentum_buffers: list[keras.Variable] = []
        if self.momentum > 0:
            self.momentum_buffers = self.add_optimizer_variables(variables, "momentum_buffer")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable by the recurrence in keras.ops."""
        learning_rate = keras.ops.cast(learning_rate, variable.dtype)
        g = keras.ops.cast(gradient, variable.dtype)
        weight_decay = self.weight_decay_of(variable)
        if weight_decay > 0:
            g = g + weight_decay * variable
        if self.momentum > 0:
            buffer = self.momentum_buffer_of(variable)
            b = self.momentum * keras.ops.convert_to_tensor(buffer) + g
            self.assign(buffer, b)
            g = g + self.momentum * b if self.nesterov else b
        self.assign_sub(variable, learning_rate * g)

    def momentum_buffer_of(self, variable: Any) -> keras.Variable:
        """The b of `variable`."""
        return self.momentum_buffers[self._get_variable_index(variable)]

    def weight_decay_of(self, variable: Any) -> float:
        """The weight decay of `variable`: 0 where it was excluded."""
        return self.weight_decay if self._use_weight_decay(variable) else 0.0

    def get_config(self) -> dict[str, Any]:
        """The arguments of this optimizer."""
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        # Keras' decoupled decay, which comes before the update. Ours is part of it.
        pass

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any
    ) -> None:
        # The one hook of Keras' optimizers that is given all variables at once.
        if keras.backend.backend() == "tensorflow":
            from lrcore.keras.tensorflow_update import dense, runs_in_core, update_in_core

            grads = [dense(gradient) for gradient in grads]
            if runs_in_core(trainable_variables):
                update_in_core(self, grads, trainable_variables, learning_rate)
                return
        super()._backend_update_step(grads, trainable_variables, learning_rate)


def _not_negative(name: str, value: Any) -> float:
    number = real(name, value)
    if not (number >= 0 and math.isfinite(number)):
        raise ValueError(f"{name} must be finite and not negative, but got {number}")
    return number
