"""Initial weights, drawn once in NumPy, so that every framework starts from the same values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import dropwhile
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lrcore._validation import as_int
from lrcore.cifar.models.spec import AveragePool, BatchNorm, Conv, Dense, KernelLayer, MaxPool, ModelSpec, Relu

LOGITS_SCALE = 0.1
CONSTANT_STARTS = {"bias": 0.0, "gamma": 1.0, "beta": 0.0, "moving_mean": 0.0, "moving_variance": 1.0}
NAMES_SHOWN = 6

Weights = Mapping[str, npt.NDArray[Any]]


class Shaped(Protocol):
    """An array or tensor of any framework."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of its axes."""


def initial_weights(spec: ModelSpec, seed: int) -> dict[str, npt.NDArray[np.float64]]:
    """Draw the weights that training starts from.

    Kernels are uniform on `[-limit, limit)`, with

        limit = sqrt(6 / fan_in)              where a ReLU follows (He et al. 2015, arXiv 1502.01852)
        limit = sqrt(6 / (fan_in + fan_out))  elsewhere (Glorot & Bengio 2010)

    and a tenth of that for the last kernel, which gives the logits: the first loss is then near log(10), and no
    training goes into unlearning confident guesses. A Scale after it changes nothing about that: the factor 1/8 of
    resnet9 alone would leave a first loss of log(10) + 0.07 on CIFAR-10, and with the tenth it is log(10) to 0.002.
    Biases are 0. BatchNorm starts as the identity: gamma and the moving variance 1, beta and the moving mean 0.

    Args:
        spec: The model.
        seed: At least 0. The Philox stream of a kernel is keyed by the seed and by its number among the kernels,
            from 1, so that no kernel depends on the size of another.

    Returns:
        float64 arrays in Keras' layout: "conv1/kernel" is (height, width, inputs, outputs), a dense kernel is
        (inputs, outputs); then "conv1/bias", where there is one; "norm1/gamma", "norm1/beta", "norm1/moving_mean" and
        "norm1/moving_variance" of a BatchNorm.

    Raises:
        ValueError: When the seed is negative.

    Example:
        >>> from lrcore.cifar.models import QUICK
        >>> weights = initial_weights(QUICK, seed=0)
        >>> weights["conv1/kernel"].shape, sum(array.size for array in weights.values())
        ((5, 5, 3, 32), 116906)
    """
    seed = as_int("seed", seed)
    if seed < 0:
        raise ValueError(f"seed must not be negative, but got {seed}")
    kernels = _kernels(spec, seed)
    weights = {}
    for name, shape in weight_shapes(spec).items():
        layer, kind = name.split("/")
        weights[name] = kernels[layer] if kind == "kernel" else np.full(shape, CONSTANT_STARTS[kind])
    return weights


def weight_shapes(spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    """The shapes of all weights by name, as `initial_weights` gives them."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, layer in spec.named_layers.items():
        match layer:
            case Conv() | Dense():
                shapes[f"{name}/kernel"] = layer.kernel_shape
                if layer.bias:
                    shapes[f"{name}/bias"] = (layer.outputs,)
            case BatchNorm(channels=channels):
                for kind in ("gamma", "beta", "moving_mean", "moving_variance"):
                    shapes[f"{name}/{kind}"] = (channels,)
    return shapes


def check_arrays(owner: str, arrays: Mapping[str, Shaped], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise a ValueError that calls `arrays` `owner` unless they have exactly the names and shapes of a model."""
    differing = sorted(arrays.keys() ^ shapes.keys())
    if differing:
        shown = differing if len(differing) <= NAMES_SHOWN else [*differing[:NAMES_SHOWN], "..."]
        raise ValueError(f"{owner} must have the model's names, but differ in {shown}")
    for name, shape in shapes.items():
        if tuple(arrays[name].shape) != shape:
            raise ValueError(f"{owner}[{name!r}] must have shape {shape}, but got {tuple(arrays[name].shape)}")


def _kernels(spec: ModelSpec, seed: int) -> dict[str, npt.NDArray[np.float64]]:
    """The kernels by the names of their layers."""
    kernels = {}
    for number, layer in enumerate(spec.kernel_layers, start=1):  # 0 is in the keys of shuffles and cutout boxes
        limit = _limit(layer.kernel_shape, feeds_relu=_feeds_relu(spec, layer))
        if layer is spec.kernel_layers[-1]:
            limit *= LOGITS_SCALE
        kernels[layer.name] = limit * _symmetric_uniform(seed, number, layer.kernel_shape)
    return kernels


def _feeds_relu(spec: ModelSpec, layer: KernelLayer) -> bool:
    """True if a ReLU follows, at once or after pools and BatchNorm: He et al.'s argument holds for both."""
    layers = list(spec.named_layers.values())
    following = layers[layers.index(layer) + 1 :]
    after_those = next(dropwhile(lambda other: isinstance(other, MaxPool | AveragePool | BatchNorm), following), None)
    return isinstance(after_those, Relu)


def _limit(kernel_shape: tuple[int, ...], *, feeds_relu: bool) -> float:
    *window, inputs, outputs = kernel_shape
    fan_in, fan_out = math.prod(window) * inputs, math.prod(window) * outputs
    return math.sqrt(6 / fan_in) if feeds_relu else math.sqrt(6 / (fan_in + fan_out))


def _symmetric_uniform(seed: int, number: int, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Uniform on [-1, 1), from raw Philox words: NumPy promises their stream, but not that of its distributions."""
    words = np.random.Philox(key=np.array([seed, number], dtype=np.uint64)).random_raw(math.prod(shape))
    mantissas = (words >> np.uint64(11)).astype(np.float64)
    return (mantissas * 2.0**-52 - 1.0).reshape(shape)
