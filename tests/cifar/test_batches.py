"""Batches: every image once an epoch, and the same bytes for everyone."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from lrcore.cifar.batches import Batches
from lrcore.cifar.cutout import Cutout
from lrcore.cifar.randomness import permutation
from lrcore.cifar.standardise import Standardise

N = 103
IMAGES = np.random.default_rng(0).integers(0, 256, (N, 32, 32, 3), dtype=np.uint8)
LABELS = np.arange(N, dtype=np.int64) % 10
STANDARDISE = Standardise.fit(IMAGES)


def batches(batch_size: int = 10, seed: int = 0, cutout: Cutout | None = None) -> Batches:
    return Batches(IMAGES, LABELS, batch_size, seed, STANDARDISE, cutout)


@pytest.mark.parametrize(("batch_size", "sizes"), [(10, [10] * 10 + [3]), (103, [103]), (500, [103]), (1, [1] * 103)])
def test_the_last_batch_holds_what_is_left_over(batch_size: int, sizes: list[int]) -> None:
    epoch = list(batches(batch_size).epoch(0))
    assert [len(labels) for _, labels in epoch] == sizes
    assert [inputs.shape for inputs, _ in epoch] == [(size, 32, 32, 3) for size in sizes]
    assert len(batches(batch_size)) == len(sizes)


def test_an_epoch_is_the_standardised_set_in_the_order_of_its_permutation() -> None:
    epoch = list(batches(seed=5).epoch(2))
    order = permutation(5, 2, N)
    np.testing.assert_array_equal(np.concatenate([inputs for inputs, _ in epoch]), STANDARDISE(IMAGES)[order])
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in epoch]), LABELS[order])


def test_cutout_acts_after_standardisation_and_is_keyed_by_place_in_the_set() -> None:
    cutout = Cutout(v_l=-3, v_h=3, pixel_level=True)
    inputs = np.concatenate([inputs for inputs, _ in batches(7, seed=5, cutout=cutout).epoch(2)])
    expected = cutout(STANDARDISE(IMAGES), seed=5, epoch=2, samples=range(N))
    np.testing.assert_array_equal(inputs, expected[permutation(5, 2, N)])


def test_batches_are_contiguous_float32_and_int64() -> None:
    for cutout in (None, Cutout()):
        for inputs, labels in batches(cutout=cutout).epoch(0):
            assert (inputs.dtype, labels.dtype) == (np.float32, np.int64)
            assert inputs.flags.c_contiguous
            assert labels.flags.c_contiguous


def test_an_epoch_can_be_asked_for_again_and_in_any_order() -> None:
    one = batches()
    third, first = list(one.epoch(3)), list(one.epoch(1))
    for again, before in ((one.epoch(1), first), (one.epoch(3), third)):
        for (inputs, labels), (inputs_before, labels_before) in zip(again, before, strict=True):
            np.testing.assert_array_equal(inputs, inputs_before)
            np.testing.assert_array_equal(labels, labels_before)


def test_epochs_and_seeds_have_other_orders() -> None:
    orders = [next(batches(N, seed).epoch(epoch))[0] for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    assert len({order.tobytes() for order in orders}) == 3


def digest(all_batches: Batches) -> str:
    content = b"".join(inputs.tobytes() + labels.tobytes() for inputs, labels in all_batches.epoch(1))
    return hashlib.sha256(content).hexdigest()


IN_ANOTHER_PROCESS = """
import hashlib
import numpy as np
from lrcore.cifar.batches import Batches
from lrcore.cifar.cutout import Cutout
from lrcore.cifar.standardise import Standardise
images = np.random.default_rng(0).integers(0, 256, (103, 32, 32, 3), dtype=np.uint8)
batches = Batches(images, np.arange(103) % 10, 10, 3, Standardise.fit(images), Cutout(pixel_level=True))
content = b"".join(inputs.tobytes() + labels.tobytes() for inputs, labels in batches.epoch(1))
print(hashlib.sha256(content).hexdigest(), end="")
"""


def test_another_process_sees_the_same_bytes() -> None:
    there = subprocess.run([sys.executable, "-c", IN_ANOTHER_PROCESS], capture_output=True, text=True, check=True)
    assert there.stdout == digest(batches(seed=3, cutout=Cutout(pixel_level=True)))


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_size_below_one_is_named(batch_size: int) -> None:
    with pytest.raises(ValueError, match=f"^batch_size must be at least 1, but got {batch_size}$"):
        batches(batch_size)


def test_bad_types_and_keys_are_named() -> None:
    with pytest.raises(TypeError, match=r"batch_size must be an integer, but got 2\.5"):
        batches(2.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seed must not be negative, but got -1"):
        batches(seed=-1)
    with pytest.raises(ValueError, match="epoch must not be negative, but got -1"):
        batches().epoch(-1)


def test_an_empty_set_and_unequal_lengths_are_named() -> None:
    with pytest.raises(ValueError, match="images must not be empty"):
        Batches(IMAGES[:0], LABELS[:0], 10, 0, STANDARDISE)
    with pytest.raises(ValueError, match="labels must have 103 entries, one an image, but got 102"):
        Batches(IMAGES, LABELS[:-1], 10, 0, STANDARDISE)
