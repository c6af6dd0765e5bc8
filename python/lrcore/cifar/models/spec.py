"""Layers and models as data: frozen values, from which each framework builds the same computation."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import dropwhile
from typing import NamedTuple, TypeAlias


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


IMAGE_SHAPE = (32, 32, 3)


class LayerNode(NamedTuple):
    """A layer by name, with the layers inside it, which only a Residual has."""

    name: str
    layer: Layer
    inner: tuple[LayerNode, ...]


@dataclass(frozen=True)
class ModelSpec:
    """A model from images (32, 32, 3) to logits; the softmax belongs to the loss.

    A layer's name is its own, or its kind and how many of that kind there were, also inside other layers. It is the
    same in every framework.

    Args:
        name: What the model is called on the command line.
        layers: The layers in order.
        weight_decay: Coupled: `g += weight_decay * p`, for the kernels of layers that ask for it. It equals a
            penalty of `weight_decay / 2 * sum(p**2)` in the loss.

    Raises:
        ValueError: When two layers share a name or the weight decay is not a number from 0 up.

    Example:
        >>> from lrcore.cifar.models import Dense, Flatten
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
    def nodes(self) -> tuple[LayerNode, ...]:
        """The layers in order, each with its name and with the layers inside it."""
        return _nodes(self.layers, Counter())

    @property
    def named_layers(self) -> dict[str, Layer]:
        """Every layer by name, in the order in which they are done: a Residual comes after the layers inside it."""
        return dict(_walk(self.nodes))

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The names of all layers, in the order in which they are done."""
        return tuple(name for name, _ in _walk(self.nodes))

    @property
    def kernel_layers(self) -> tuple[KernelLayer, ...]:
        """The layers that have a kernel, in order."""
        return tuple(layer for layer in self.named_layers.values() if isinstance(layer, Conv | Dense))

    def map_layers(self, change: Callable[[Layer], Layer | None]) -> ModelSpec:
        """The model with every layer changed; those inside a Residual first, and one that becomes None is left out."""
        return replace(self, layers=_mapped(self.layers, change))

    @property
    def has_batch_norm(self) -> bool:
        """True if a layer keeps moving statistics."""
        return any(isinstance(layer, BatchNorm) for layer in self.named_layers.values())

    def without_dropout(self) -> ModelSpec:
        """The same model, with the same weights, whose training has no randomness."""
        return self.map_layers(lambda layer: None if isinstance(layer, Dropout) else layer)


def _nodes(layers: Iterable[Layer], seen: Counter[str]) -> tuple[LayerNode, ...]:
    return tuple(LayerNode(_name(layer, seen), layer, _nodes(_inner(layer), seen)) for layer in layers)


def _name(layer: Layer, seen: Counter[str]) -> str:
    kind = type(layer).__name__.lower()
    seen[kind] += 1
    return layer.name if isinstance(layer, Conv | Dense | BatchNorm) else f"{kind}{seen[kind]}"


def _walk(nodes: Iterable[LayerNode]) -> Iterator[tuple[str, Layer]]:
    for name, layer, inner in nodes:
        yield from _walk(inner)
        yield name, layer


def _mapped(layers: Iterable[Layer], change: Callable[[Layer], Layer | None]) -> tuple[Layer, ...]:
    mapped = []
    for layer in layers:
        if isinstance(layer, Residual):
            layer = Residual(_mapped(layer.layers, change))
        mapped.append(change(layer))
    return tuple(layer for layer in mapped if layer is not None)


def _inner(layer: Layer) -> tuple[Layer, ...]:
    return layer.layers if isinstance(layer, Residual) else ()


Shape = tuple[int, ...]

LARGEST_COARSE_MAP = 4


def output_shapes(spec: ModelSpec) -> dict[str, Shape]:
    """The shape of what each layer gives for one image.

    Returns:
        (height, width, channels) or (features,) by the name of the layer, in the order in which the layers are done.

    Raises:
        ValueError: When a layer cannot take what the one before it gives.

    Example:
        >>> from lrcore.cifar.models import QUICK
        >>> output_shapes(QUICK)["conv3"], output_shapes(QUICK)["dense1"]
        ((7, 7, 64), (64,))
    """
    shapes: dict[str, Shape] = {}
    _follow(spec.nodes, IMAGE_SHAPE, shapes)
    return shapes


def cam_layer(spec: ModelSpec) -> str:
    """The layer to look at with Grad-CAM: the last whose map is still larger than 4x4, a Dropout aside.

    Raises:
        ValueError: When there is none.

    Example:
        >>> from lrcore.cifar.models import MODELS
        >>> {name: cam_layer(spec) for name, spec in MODELS.items()}
        {'guide': 'norm8', 'quick': 'relu3', 'resnet9': 'relu6'}
    """
    shapes = output_shapes(spec.without_dropout())
    fine = [name for name, shape in shapes.items() if len(shape) == 3 and min(shape[:2]) > LARGEST_COARSE_MAP]
    if not fine:
        raise ValueError(f"spec must have a layer whose map is larger than 4x4, but {spec.name} has none")
    return fine[-1]


def has_averaging_head(spec: ModelSpec) -> bool:
    """True if only averaging and linear layers come after the last convolution, its ReLU and its BatchNorm.

    Grad-CAM of that map, which need not be that of `cam_layer`, is then exact: like the class activation map, it sums
    up to the logit less its bias.

    Source: Zhou et al., "Learning deep features for discriminative localization", CVPR 2016.

    Example:
        >>> from lrcore.cifar.models import MODELS
        >>> [name for name, spec in MODELS.items() if has_averaging_head(spec)]
        ['guide']
    """
    layers, shapes = spec.without_dropout().named_layers, output_shapes(spec)
    before_linear = list(dropwhile(lambda name: isinstance(layers[name], Flatten | Dense | Scale), reversed(layers)))
    if len(before_linear) < 2:
        return False
    pool, last_map = layers[before_linear[0]], before_linear[1]
    maker = next(dropwhile(lambda name: isinstance(layers[name], Relu | BatchNorm | Residual), before_linear[1:]), None)
    is_mean = isinstance(pool, AveragePool) and shapes[last_map][:2] == (pool.size, pool.size)
    return is_mean and maker is not None and isinstance(layers[maker], Conv)


def _follow(nodes: Iterable[LayerNode], shape: Shape, shapes: dict[str, Shape]) -> Shape:
    """Enter the shape that each layer gives when the first gets `shape`, and return the last."""
    for name, layer, inner in nodes:
        inner_shape = _follow(inner, shape, shapes)
        if inner_shape != shape:
            raise ValueError(f"the layers inside {name} must keep the shape {shape}, but give {inner_shape}")
        shape = shapes[name] = _output_shape(name, layer, shape)
    return shape


def _output_shape(name: str, layer: Layer, shape: Shape) -> Shape:
    match layer, shape:
        case Conv(inputs=inputs, outputs=outputs), (height, width, channels) if channels == inputs:
            return (height, width, outputs)
        case Dense(inputs=inputs, outputs=outputs), (features,) if features == inputs:
            return (outputs,)
        case BatchNorm(channels=normalised), (_, _, channels) if channels == normalised:
            return shape
        case ((MaxPool(size, stride) | AveragePool(size, stride)), (height, width, channels)) if (
            min(height, width) >= size
        ):
            return ((height - size) // stride + 1, (width - size) // stride + 1, channels)
        case Flatten(), _:
            return (math.prod(shape),)
        case ((Relu() | Dropout() | Scale() | Residual()), _):
            return shape
    raise ValueError(f"{name} cannot take what comes in, of shape {shape}")
