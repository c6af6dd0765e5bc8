"""Models as data: frozen layers in order, from which each framework builds the same network."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TypeAlias

IMAGE_SHAPE = (32, 32, 3)

# Keras' defaults, in Keras' sense: the momentum is the part of the moving average that is kept.
BATCH_NORM_MOMENTUM = 0.99
BATCH_NORM_EPSILON = 1e-3


@dataclass(frozen=True)
class Conv:
    """A convolution with bias, stride 1 and 'same' padding; then ReLU, then BatchNorm, where asked for.

    Args:
        name: Prefix of its weights: "conv1" has "conv1/kernel" and "conv1/bias".
        inputs: Channels that come in.
        outputs: Channels that go out.
        kernel_size: Height and width of the kernel.
        relu: Whether a ReLU follows.
        batch_norm: Whether a BatchNorm follows, after the ReLU.
        weight_decay: Whether the model's weight decay acts on the kernel.
    """

    name: str
    inputs: int
    outputs: int
    kernel_size: int
    relu: bool = False
    batch_norm: bool = False
    weight_decay: bool = False

    @property
    def kernel_shape(self) -> tuple[int, int, int, int]:
        """Height, width, inputs, outputs."""
        return (self.kernel_size, self.kernel_size, self.inputs, self.outputs)


@dataclass(frozen=True)
class Dense:
    """A fully connected layer with bias; then ReLU, where asked for.

    Args:
        name: Prefix of its weights.
        inputs: Features that come in.
        outputs: Features that go out.
        relu: Whether a ReLU follows.
        weight_decay: Whether the model's weight decay acts on the kernel.
    """

    name: str
    inputs: int
    outputs: int
    relu: bool = False
    weight_decay: bool = False

    @property
    def kernel_shape(self) -> tuple[int, int]:
        """Inputs, outputs."""
        return (self.inputs, self.outputs)


@dataclass(frozen=True)
class MaxPool:
    """The largest of each window; windows that would stand over the border are dropped."""

    size: int
    stride: int


@dataclass(frozen=True)
class AveragePool:
    """The mean of each window; windows that would stand over the border are dropped."""

    size: int
    stride: int


@dataclass(frozen=True)
class Relu:
    """`max(x, 0)`, for the places where it does not follow its convolution at once."""


@dataclass(frozen=True)
class Dropout:
    """In training, sets each value to 0 with probability `rate` and divides the others by `1 - rate`."""

    rate: float

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise ValueError(f"rate must be at least 0 and less than 1, but got {self.rate}")


@dataclass(frozen=True)
class Flatten:
    """An image as one row of features: height, then width, then channels."""


WeightedLayer: TypeAlias = Conv | Dense
Layer: TypeAlias = Conv | Dense | MaxPool | AveragePool | Relu | Dropout | Flatten


@dataclass(frozen=True)
class ModelSpec:
    """A model from images (32, 32, 3) to logits; the softmax belongs to the loss.

    Args:
        name: What the model is called on the command line.
        layers: The layers in order.
        weight_decay: Coupled: `g += weight_decay * p`, for the kernels of layers that ask for it. It equals a
            penalty of `weight_decay / 2 * sum(p**2)` in the loss.

    Raises:
        ValueError: When two layers share a name or the weight decay is not a number from 0 up.

    Example:
        >>> ModelSpec("linear", (Flatten(), Dense("logits", 3072, 10)), weight_decay=0.0).layer_names
        ('flatten1', 'logits')
    """

    name: str
    layers: tuple[Layer, ...]
    weight_decay: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight_decay) and self.weight_decay >= 0):
            raise ValueError(f"weight_decay must be finite and not negative, but got {self.weight_decay}")
        for name, count in Counter(self.layer_names).items():
            if count > 1:
                raise ValueError(f"layers must have different names, but {count} are called {name!r}")

    @property
    def weighted_layers(self) -> tuple[WeightedLayer, ...]:
        """The layers that have weights, in order."""
        return tuple(layer for layer in self.layers if isinstance(layer, Conv | Dense))

    @property
    def layer_names(self) -> tuple[str, ...]:
        """One name per layer: its own, or its kind and how many of that kind there were."""
        seen: Counter[str] = Counter()
        names = []
        for layer in self.layers:
            kind = type(layer).__name__.lower()
            seen[kind] += 1
            names.append(layer.name if isinstance(layer, Conv | Dense) else f"{kind}{seen[kind]}")
        return tuple(names)

    def without_dropout(self) -> ModelSpec:
        """The same model, with the same weights, whose training has no randomness."""
        return replace(self, layers=tuple(layer for layer in self.layers if not isinstance(layer, Dropout)))
