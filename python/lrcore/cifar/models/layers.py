"""Layers as data: frozen values from which each framework builds the same computation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Conv:
    """A convolution with stride 1 and 'same' padding.

    Args:
        name: Prefix of its weights: "conv1" has "conv1/kernel" and "conv1/bias".
        inputs: Channels that come in.
        outputs: Channels that go out.
        kernel_size: Height and width of the kernel.
        bias: Whether it adds a bias.
        weight_decay: Whether the model's weight decay acts on the kernel.
    """

    name: str
    inputs: int
    outputs: int
    kernel_size: int
    bias: bool = True
    weight_decay: bool = False

    @property
    def kernel_shape(self) -> tuple[int, int, int, int]:
        """Height, width, inputs, outputs."""
        return (self.kernel_size, self.kernel_size, self.inputs, self.outputs)


@dataclass(frozen=True)
class Dense:
    """A fully connected layer.

    Args:
        name: Prefix of its weights.
        inputs: Features that come in.
        outputs: Features that go out.
        bias: Whether it adds a bias.
        weight_decay: Whether the model's weight decay acts on the kernel.
    """

    name: str
    inputs: int
    outputs: int
    bias: bool = True
    weight_decay: bool = False

    @property
    def kernel_shape(self) -> tuple[int, int]:
        """Inputs, outputs."""
        return (self.inputs, self.outputs)


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation of the channels of images, with Keras' defaults.

    Args:
        name: Prefix of its weights: "norm1" has "norm1/gamma", "norm1/beta", "norm1/moving_mean" and
            "norm1/moving_variance".
        channels: Channels of the images.
        momentum: In Keras' sense, the part of the moving averages that a training batch keeps; in [0, 1].
        epsilon: Added to the variance, greater than 0.
    """

    name: str
    channels: int
    momentum: float = 0.99
    epsilon: float = 1e-3

    def __post_init__(self) -> None:
        if not 0 <= self.momentum <= 1:
            raise ValueError(f"momentum must be at least 0 and at most 1, but got {self.momentum}")
        if not 0 < self.epsilon < math.inf:
            raise ValueError(f"epsilon must be finite and greater than 0, but got {self.epsilon}")


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
    """`max(x, 0)`."""


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


@dataclass(frozen=True)
class Scale:
    """`factor * x`."""

    factor: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.factor):
            raise ValueError(f"factor must be finite, but got {self.factor}")


@dataclass(frozen=True)
class Residual:
    """`x + layers(x)`: layers that together keep the shape, and a way around them."""

    layers: tuple[Layer, ...]


KernelLayer: TypeAlias = Conv | Dense
Layer: TypeAlias = Conv | Dense | BatchNorm | MaxPool | AveragePool | Relu | Dropout | Flatten | Scale | Residual
