"""Initial weights, drawn once in NumPy, so that every framework starts from the same ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import dropwhile

import numpy as np
import numpy.typing as npt

from lrcore._arguments import count
from lrcore.cifar.models.spec import AveragePool, Conv, MaxPool, ModelSpec, Relu, WeightedLayer

LOGITS_SCALE = 0.1

Weights = Mapping[str, npt.NDArray[np.float64]]


def initial_weights(spec: ModelSpec, seed: int) -> dict[str, npt.NDArray[np.float64]]:
    """Draw the weights that training starts from.

    Kernels are uniform on `[-limit, limit)`, with

        limit = sqrt(6 / fan_in)              where a ReLU follows (He et al. 2015, arXiv 1502.01852)
        limit = sqrt(6 / (fan_in + fan_out))  elsewhere (Glorot & Bengio 2010)

    and a tenth of that for the last kernel, which gives the logits: the first loss is then near log(10), and no
    training goes into unlearning confident guesses.
    Biases are 0. BatchNorm starts as the identity: gamma and the moving variance 1, beta and the moving mean 0.

    Args:
        spec: The model.
        seed: At least 0. The Philox stream of a kernel is keyed by the seed and by the number of its layer, from 1,
            among those with weights, so that no kernel depends on the size of another.

    Returns:
        float64 arrays in Keras' layout: "conv1/kernel" is (height, width, inputs, outputs), a dense kernel is
        (inputs, outputs); then "conv1/bias", and after a BatchNorm "conv1/gamma", "conv1/beta",
        "conv1/moving_mean" and "conv1/moving_variance".

    Raises:
        ValueError: When the seed is negative.

    Example:
        >>> from lrcore.cifar.models import QUICK
        >>> weights = initial_weights(QUICK, seed=0)
        >>> weights["conv1/kernel"].shape, sum(array.size for array in weights.values())
        ((5, 5, 3, 32), 116906)
    """
    seed = count("seed", seed)
    if seed < 0:
        raise ValueError(f"seed must not be negative, but got {seed}")
    weights = {}
    for number, layer in enumerate(spec.weighted_layers, start=1):  # 0 is in the keys of shuffles and cutout boxes
        limit = _limit(layer.kernel_shape, feeds_relu=_feeds_relu(spec, layer))
        if layer is spec.weighted_layers[-1]:
            limit *= LOGITS_SCALE
        kernel = limit * _symmetric_uniform(seed, number, layer.kernel_shape)
        for name, array in {"kernel": kernel, **_constant_weights(layer)}.items():
            weights[f"{layer.name}/{name}"] = array
    return weights


def check_weights(shapes: Mapping[str, tuple[int, ...]], weights: Weights) -> None:
    """Raise a ValueError unless `weights` has exactly the names and shapes of a model."""
    if weights.keys() != shapes.keys():
        raise ValueError(f"weights must have the model's names, but differ in {sorted(weights.keys() ^ shapes.keys())}")
    for name, shape in shapes.items():
        if weights[name].shape != shape:
            raise ValueError(f"weights[{name!r}] must have shape {shape}, but got {weights[name].shape}")


def _constant_weights(layer: WeightedLayer) -> dict[str, npt.NDArray[np.float64]]:
    weights = {"bias": np.zeros(layer.outputs)}
    if isinstance(layer, Conv) and layer.batch_norm:
        weights["gamma"] = np.ones(layer.outputs)
        weights["beta"] = np.zeros(layer.outputs)
        weights["moving_mean"] = np.zeros(layer.outputs)
        weights["moving_variance"] = np.ones(layer.outputs)
    return weights


def _feeds_relu(spec: ModelSpec, layer: WeightedLayer) -> bool:
    """Whether a ReLU follows, at once or after pools."""
    following = spec.layers[spec.layers.index(layer) + 1 :]
    after_pools = next(dropwhile(lambda other: isinstance(other, MaxPool | AveragePool), following), None)
    return layer.relu or isinstance(after_pools, Relu)


def _limit(kernel_shape: tuple[int, ...], *, feeds_relu: bool) -> float:
    *window, inputs, outputs = kernel_shape
    fan_in, fan_out = math.prod(window) * inputs, math.prod(window) * outputs
    return math.sqrt(6 / fan_in) if feeds_relu else math.sqrt(6 / (fan_in + fan_out))


def _symmetric_uniform(seed: int, number: int, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Uniform on [-1, 1), from raw Philox words: NumPy promises their stream, but not that of its distributions."""
    words = np.random.Philox(key=np.array([seed, number], dtype=np.uint64)).random_raw(math.prod(shape))
    mantissas = (words >> np.uint64(11)).astype(np.float64)
    return (mantissas * 2.0**-52 - 1.0).reshape(shape)
