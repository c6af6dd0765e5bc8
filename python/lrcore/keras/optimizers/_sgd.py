"""SGD with Nesterov momentum in PyTorch's form, as a Keras optimizer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import keras

from lrcore._validation import as_bool, as_float
from lrcore.keras.optimizers._dispatch import SgdPath, sgd_path
from lrcore.keras.optimizers._keras_ops import update_variable, wide_dtype

if TYPE_CHECKING:
    from lrcore.keras.optimizers._torch import TorchUpdate


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

    The same recurrence takes the fastest safe way there is, and `path` names it. (`fit` compiles with XLA unless
    `compile` is given jit_compile=False.)

        "tensorflow"   TensorFlow backend, eager and in graphs, float32 and float64: TensorFlow's fused operations
        "core"         torch backend: one call into lrcore's core for all variables on the CPU
        "keras.ops"    elsewhere: under XLA, so on the JAX backend, for other dtypes, under a tf.distribute strategy,
                       on accelerators of the torch backend

    All of them round every operation and so agree to the last bit, with two exceptions: TensorFlow's operation computes
    w - (lr * g + lr * momentum * b) under Nesterov, and XLA contracts multiplications and additions. There a step
    differs by at most eps * (|w| + 3 * lr * (|g| + momentum * |b|)), where eps is that of w's dtype.

    Under XLA each variable is updated in one pass over its memory, in place where `fit` donates it. On the JAX backend
    11 million weights take 7.2 ms so, with `keras.optimizers.SGD` 7.7 ms. A call of the core (4.6 ms on the torch
    backend) out of XLA would have to be built against jaxlib's headers, which builds in isolation lack, for an
    interface whose major version is 0.

    Variables of 16 bits have a float32 momentum; the recurrence runs in float32 and rounds into the variable.

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
        self.nesterov = as_bool("nesterov", nesterov)
        self._path: SgdPath | None = None
        self._core_update: TorchUpdate | None = None
        if self.nesterov and self.momentum == 0:
            raise ValueError("momentum must be greater than 0 with nesterov, but got 0.0")

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create a momentum buffer b for each of `variables`."""
        if self.built:
            return
        super().build(variables)
        has_momentum = self.momentum > 0
        self.momentum_buffers = [self._new_momentum_buffer(variable) for variable in variables if has_momentum]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable by the recurrence in keras.ops."""
        update_variable(self, gradient, variable, learning_rate)

    @property
    def path(self) -> SgdPath | None:
        """The way that the latest update took, or that was traced for it; None before the first."""
        return self._path

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
        self._path = sgd_path(trainable_variables)
        if self._path == "tensorflow":
            from lrcore.keras.optimizers._tensorflow import update_in_tensorflow

            update_in_tensorflow(self, grads, trainable_variables, learning_rate)
        elif self._path == "core":
            self._path = self._update_in_core(grads, trainable_variables, learning_rate)
        else:
            super()._backend_update_step(_dense(grads), trainable_variables, learning_rate)

    def _update_in_core(self, grads: Sequence[Any], variables: Sequence[Any], learning_rate: Any) -> SgdPath:
        if self._core_update is None:
            from lrcore.keras.optimizers._torch import TorchUpdate

            self._core_update = TorchUpdate()
        return "core" if self._core_update(self, grads, variables, learning_rate) else "keras.ops"

    def _new_momentum_buffer(self, variable: Any) -> keras.Variable | None:
        if self._overwrite_variable_with_gradient(variable):
            return None
        dtype = wide_dtype(variable)
        if dtype == keras.backend.standardize_dtype(variable.dtype):
            return self.add_variable_from_reference(variable, name="momentum_buffer")
        name = str(getattr(variable, "path", variable.name)).replace("/", "_").replace(":", "_")
        return self.add_variable(variable.shape, dtype=dtype, name=f"{name}_momentum_buffer")


def _dense(gradients: Sequence[Any]) -> Sequence[Any]:
    if keras.backend.backend() != "tensorflow":
        return gradients
    from lrcore.keras.optimizers._tensorflow import dense

    return [dense(gradient) for gradient in gradients]


def _not_negative(name: str, value: Any) -> float:
    number = as_float(name, value)
    if not (number >= 0 and math.isfinite(number)):
        raise ValueError(f"{name} must be finite and not negative, but got {number}")
    return number
