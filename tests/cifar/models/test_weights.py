from __future__ import annotations

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest

from lrcore.cifar.models import GUIDE, MODELS, QUICK, RESNET9, BatchNorm, Conv, Dense, ModelSpec, initial_weights
from lrcore.cifar.pipeline.random_streams import permutation

HASH_OF_WEIGHTS = """
import hashlib
from lrcore.cifar.models import GUIDE, initial_weights
print(hashlib.sha256(b"".join(array.tobytes() for array in initial_weights(GUIDE, 7).values())).hexdigest())
"""


def test_names_and_shapes_are_those_of_keras() -> None:
    layers = (
        Conv("conv1", 3, 8, 5),
        BatchNorm("norm1", 8),
        Dense("dense1", 20, 10),
        Dense("dense2", 10, 5, bias=False),
    )
    spec = ModelSpec("model", layers, 0.0)
    assert {name: array.shape for name, array in initial_weights(spec, 0).items()} == {
        "conv1/kernel": (5, 5, 3, 8),
        "conv1/bias": (8,),
        "norm1/gamma": (8,),
        "norm1/beta": (8,),
        "norm1/moving_mean": (8,),
        "norm1/moving_variance": (8,),
        "dense1/kernel": (20, 10),
        "dense1/bias": (10,),
        "dense2/kernel": (10, 5),
    }


def test_all_arrays_are_float64_and_contiguous() -> None:
    for array in initial_weights(GUIDE, 0).values():
        assert array.dtype == np.float64
        assert array.flags.c_contiguous


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_biases_and_batch_norm_start_constant(spec: ModelSpec) -> None:
    starts = {"bias": 0.0, "gamma": 1.0, "beta": 0.0, "moving_mean": 0.0, "moving_variance": 1.0}
    for name, array in initial_weights(spec, 3).items():
        kind = name.split("/")[1]
        if kind != "kernel":
            np.testing.assert_array_equal(array, np.full(array.shape, starts[kind]))


@pytest.mark.parametrize(
    ("spec", "kernel", "number", "limit"),
    [
        (GUIDE, "conv1", 1, math.sqrt(6 / (3 * 3 * 3))),
        (GUIDE, "conv3", 3, math.sqrt(6 / (64 + 32))),
        (GUIDE, "conv8", 8, math.sqrt(6 / (3 * 3 * 128))),
        (QUICK, "conv1", 1, math.sqrt(6 / (5 * 5 * 3))),  # the ReLU comes after the pool
        (QUICK, "conv3", 3, math.sqrt(6 / (5 * 5 * 32))),
        (QUICK, "dense1", 4, math.sqrt(6 / (576 + 64))),
        (RESNET9, "conv1", 1, math.sqrt(6 / (3 * 3 * 3))),  # the ReLU comes after BatchNorm
        (RESNET9, "conv8", 8, math.sqrt(6 / (3 * 3 * 512))),  # inside a Residual
        (GUIDE, "conv9", 9, 0.1 * math.sqrt(6 / (256 + 10))),  # the logits
        (QUICK, "dense2", 5, 0.1 * math.sqrt(6 / (64 + 10))),
        (RESNET9, "dense1", 9, 0.1 * math.sqrt(6 / (512 + 10))),
    ],
)
def test_kernels_are_uniform_within_the_limit_of_he_or_glorot(
    spec: ModelSpec, kernel: str, number: int, limit: float
) -> None:
    values = initial_weights(spec, 5)[f"{kernel}/kernel"]
    uniform = np.random.Generator(np.random.Philox(key=[5, number])).random(values.shape)
    np.testing.assert_allclose(values, limit * (2 * uniform - 1), rtol=0, atol=1e-15)


def test_a_layer_without_weights_changes_no_kernel() -> None:
    full, bare = initial_weights(GUIDE, 1), initial_weights(GUIDE.without_dropout(), 1)
    assert full.keys() == bare.keys()
    for name in full:
        np.testing.assert_array_equal(full[name], bare[name])


def test_another_process_draws_the_same_bytes() -> None:
    command = [sys.executable, "-c", HASH_OF_WEIGHTS]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    drawn_here = b"".join(array.tobytes() for array in initial_weights(GUIDE, 7).values())
    assert other == hashlib.sha256(drawn_here).hexdigest()


def test_seeds_differ_in_every_kernel() -> None:
    one, other = initial_weights(GUIDE, 0), initial_weights(GUIDE, 1)
    for name in one:
        if name.endswith("/kernel"):
            assert not np.any(one[name] == other[name])


def test_layers_of_one_shape_differ() -> None:
    weights = initial_weights(GUIDE, 0)
    assert not np.any(weights["conv2/kernel"] == weights["conv4/kernel"])


def test_initial_weights_and_shuffling_use_distinct_random_words() -> None:
    kernel = initial_weights(QUICK, 5)["conv1/kernel"].ravel()
    order = permutation(seed=5, epoch=0, n=kernel.size)
    assert not np.array_equal(np.argsort(kernel, kind="stable"), order)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^seed must not be negative, but got -1$"):
        initial_weights(QUICK, -1)


def test_a_seed_that_is_no_integer_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^seed must be an integer, but got 0\.5$"):
        initial_weights(QUICK, 0.5)  # type: ignore[arg-type]
