from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from scipy.signal import correlate

from lrcore.cifar.models import (
    GUIDE,
    QUICK,
    BatchNorm,
    Conv,
    Dropout,
    MaxPool,
    ModelSpec,
    Relu,
    Residual,
    initial_weights,
)
from lrcore.cifar.models.batch_norm import reestimate_batch_norm
from lrcore.cifar.models.keras_state import KerasBatchStatistics
from lrcore.cifar.models.torch_model import build_torch_model, torch_weights
from lrcore.cifar.models.torch_state import TorchBatchStatistics

IN_FLOAT64 = {
    "torch": partial(TorchBatchStatistics, dtype=torch.float64),
    "keras": partial(KerasBatchStatistics, dtype="float64"),
}
ONE_CONV = ModelSpec("one", (Conv("conv1", 3, 4, 3), BatchNorm("norm1", 4), Relu()), 0.0)
NESTED = ModelSpec(
    "nested",
    (
        Conv("conv1", 3, 4, 3),
        BatchNorm("norm1", 4),
        MaxPool(4, 4),
        Dropout(0.5),
        Residual((Conv("conv2", 4, 4, 3), Dropout(0.5), BatchNorm("norm2", 4, momentum=0.9))),
    ),
    0.0,
)
in_each_framework = pytest.mark.parametrize("statistics", IN_FLOAT64.values(), ids=IN_FLOAT64)


def used_weights(spec: ModelSpec) -> dict[str, np.ndarray]:
    """Weights none of which has its initial value."""
    random = np.random.default_rng(1)
    return {name: array + random.uniform(0.1, 0.5, array.shape) for name, array in initial_weights(spec, 0).items()}


def batches(*sizes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Batches whose means differ, so that leaving out the variance of the means shows."""
    random = np.random.default_rng(2)
    return [(random.normal(i, 1 + i, (size, 32, 32, 3)), np.zeros(size, np.int64)) for i, size in enumerate(sizes)]


def moving(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array for name, array in weights.items() if "moving" in name}


@in_each_framework
def test_the_first_batch_norm_gets_the_statistics_of_all_images(statistics: Callable) -> None:
    weights, data = used_weights(ONE_CONV), batches(6, 6, 3)
    images = np.concatenate([images for images, _ in data])
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    kernels = np.moveaxis(weights["conv1/kernel"], -1, 0)
    maps = np.stack([correlate(padded, kernel[None], "valid")[..., 0] for kernel in kernels], axis=-1)
    maps += weights["conv1/bias"]
    new = reestimate_batch_norm(ONE_CONV, weights, data, statistics)
    np.testing.assert_allclose(new["norm1/moving_mean"], maps.mean(axis=(0, 1, 2)), rtol=1e-10)
    np.testing.assert_allclose(new["norm1/moving_variance"], maps.var(axis=(0, 1, 2)), rtol=1e-10)


@in_each_framework
def test_nothing_but_the_moving_statistics_changes(statistics: Callable) -> None:
    weights = used_weights(NESTED)
    before = {name: array.copy() for name, array in weights.items()}
    new = reestimate_batch_norm(NESTED, weights, batches(4, 2), statistics)
    assert list(new) == list(weights)
    for name, array in weights.items():
        np.testing.assert_array_equal(array, before[name])
        assert np.array_equal(new[name], array) == ("moving" not in name)
        assert not np.shares_memory(new[name], array)


def test_both_frameworks_agree() -> None:
    in_torch, in_keras = (
        reestimate_batch_norm(NESTED, used_weights(NESTED), batches(4, 4, 2), statistics)
        for statistics in (TorchBatchStatistics, KerasBatchStatistics)
    )
    assert moving(in_torch).keys() == {
        "norm1/moving_mean", "norm1/moving_variance", "norm2/moving_mean", "norm2/moving_variance",
    }  # fmt: skip
    for name, expected in moving(in_keras).items():
        np.testing.assert_allclose(in_torch[name], expected, rtol=1e-5)  # float32, summed in another order


def test_moving_averages_on_one_batch_converge_to_its_statistics() -> None:
    spec, data = GUIDE.without_dropout(), batches(4)
    model = build_torch_model(spec, used_weights(spec), torch.float64).train()
    for norm in (module for module in model.modules() if hasattr(module, "momentum")):
        norm.momentum = 0.5
    with torch.no_grad():
        for _ in range(60):  # 2**-60 of the start is left
            model(torch.from_numpy(data[0][0]).permute(0, 3, 1, 2))
    new = reestimate_batch_norm(GUIDE, used_weights(GUIDE), data, IN_FLOAT64["torch"])
    for name, expected in moving(torch_weights(model)).items():
        np.testing.assert_allclose(new[name], expected, rtol=1e-10)


@in_each_framework
def test_statistics_that_are_not_finite_are_mended(statistics: Callable) -> None:
    weights, data = used_weights(ONE_CONV), batches(4)
    expected = reestimate_batch_norm(ONE_CONV, weights, data, statistics)
    weights["norm1/moving_mean"][0] = np.nan
    weights["norm1/moving_variance"][1] = np.inf
    new = reestimate_batch_norm(ONE_CONV, weights, data, statistics)
    for name in moving(expected):
        np.testing.assert_array_equal(new[name], expected[name])


def test_weights_keep_their_dtype() -> None:
    weights = {name: array.astype(np.float32) for name, array in used_weights(ONE_CONV).items()}
    new = reestimate_batch_norm(ONE_CONV, weights, batches(2), TorchBatchStatistics)
    assert {array.dtype for array in new.values()} == {np.dtype(np.float32)}


def test_the_model_is_built_once() -> None:
    built = []

    def counted(spec: ModelSpec, weights: dict[str, np.ndarray]) -> Callable:
        built.append(spec)
        return TorchBatchStatistics(spec, weights)

    reestimate_batch_norm(ONE_CONV, used_weights(ONE_CONV), batches(2, 2, 2), counted)
    assert len(built) == 1


def test_a_model_without_batch_norm_stays_as_it_is() -> None:
    weights = used_weights(QUICK)
    new = reestimate_batch_norm(QUICK, weights, batches(2), TorchBatchStatistics)
    for name, array in weights.items():
        np.testing.assert_array_equal(new[name], array)


def test_no_batches_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^batches must hold at least one batch$"):
        reestimate_batch_norm(ONE_CONV, used_weights(ONE_CONV), [], TorchBatchStatistics)
