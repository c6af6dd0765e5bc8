"""The shape of every layer's output, and what follows from it for Grad-CAM."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import dropwhile

from lrcore.cifar.models.layers import (
    AveragePool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool,
    Relu,
    Residual,
    Scale,
)
from lrcore.cifar.models.spec import IMAGE_SHAPE, LayerNode, ModelSpec

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
    """Whether nothing but averaging and linear layers comes after the last convolution, its ReLU and its BatchNorm.

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
