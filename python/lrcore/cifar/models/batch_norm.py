"""BatchNorm's moving statistics, estimated again under the final weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lrcore.cifar.models.spec import BatchNorm, Layer, ModelSpec

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]

# Of a model whose BatchNorm keeps nothing of the past: the function from images to the moving statistics by name.
BatchStatistics = Callable[[ModelSpec, Arrays], Callable[[Array], Arrays]]


def reestimate_batch_norm(
    spec: ModelSpec, weights: Arrays, batches: Iterable[tuple[Array, Array]], batch_statistics: BatchStatistics
) -> dict[str, Array]:
    """Replace the moving statistics of BatchNorm by those of `batches`, all under the same weights.

    The moving averages of a training run lag behind its weights, which moved on while they were taken: the more, the
    larger the learning rate and the nearer their momentum to 1. From batches b of n_b images each, with the mean m_b
    and the biased variance v_b of a channel as a pass in training mode finds them,

        mean = sum_b n_b * m_b / sum_b n_b
        variance = sum_b n_b * (v_b + (m_b - mean)**2) / sum_b n_b

    in float64. The second is the law of total variance, mean of variances plus variance of means: the mean of the
    variances alone would leave out what the batches differ in. In the first BatchNorm of a model both are exactly
    those of all images taken together; the ones after it see images that were normalised batch by batch, as in
    training.

    Args:
        spec: The model.
        weights: As `torch_weights` or `keras_weights` gives them.
        batches: Images (N, 32, 32, 3) and labels, of which only the images are looked at.
        batch_statistics: `TorchBatchStatistics` or `KerasBatchStatistics`.

    Returns:
        The same weights with new moving statistics, of the dtype that they had.

    Raises:
        ValueError: When there are no batches.

    Source: Wu & Johnson, "Rethinking 'Batch' in BatchNorm", 2021 (arXiv 2105.07576), on precise batch statistics.
    """
    norms = [name for name, layer in spec.named_layers.items() if isinstance(layer, BatchNorm)]
    of_batch = batch_statistics(spec.without_dropout().map_layers(_without_memory), _without_statistics(norms, weights))
    pairs = [(len(images), of_batch(images)) for images, _ in batches]
    if not pairs:
        raise ValueError("batches must hold at least one batch")
    sizes, measured = zip(*pairs, strict=True)
    pooled = {name: array for norm in norms for name, array in _pooled(norm, sizes, measured).items()}
    return {name: pooled.get(name, array).astype(array.dtype) for name, array in weights.items()}


def _without_memory(layer: Layer) -> Layer:
    """With momentum 0 the moving statistics after a batch are that batch's own."""
    return replace(layer, momentum=0.0) if isinstance(layer, BatchNorm) else layer


def _without_statistics(norms: Iterable[str], weights: Arrays) -> Arrays:
    """The weights with moving statistics that are finite: 0 times a NaN from a run that diverged would be NaN."""
    names = [f"{norm}/{statistic}" for norm in norms for statistic in ("moving_mean", "moving_variance")]
    return {**weights, **{name: np.ones_like(weights[name]) for name in names}}


def _pooled(norm: str, sizes: Sequence[int], measured: Sequence[Arrays]) -> Arrays:
    """The statistics of all batches together."""
    means = np.array([arrays[f"{norm}/moving_mean"] for arrays in measured], dtype=np.float64)
    variances = np.array([arrays[f"{norm}/moving_variance"] for arrays in measured], dtype=np.float64)
    mean = np.average(means, axis=0, weights=sizes)
    variance = np.average(variances + (means - mean) ** 2, axis=0, weights=sizes)
    return {f"{norm}/moving_mean": mean, f"{norm}/moving_variance": variance}
