"""Batches: every image once an epoch, and the same bytes in both frameworks."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from torch.utils.data import DataLoader

from lrcore.cifar.pipeline.augment import Flip, PadCrop
from lrcore.cifar.pipeline.batches import Batch, Batches
from lrcore.cifar.pipeline.cutout import Cutout
from lrcore.cifar.pipeline.random_streams import permutation
from lrcore.cifar.pipeline.standardize import Standardise

N = 103
IMAGES = np.random.default_rng(0).integers(0, 256, (N, 32, 32, 3), dtype=np.uint8)
LABELS = np.arange(N, dtype=np.int64) % 10
STANDARDISE = Standardise.fit(IMAGES)


def batches(batch_size: int = 10, seed: int = 0, cutout: Cutout | None = None) -> Batches:
    return Batches(IMAGES, LABELS, batch_size, seed, STANDARDISE, cutout)


def augmented(batch_size: int = 10, seed: int = 3) -> Batches:
    cutout = Cutout(v_l=-3, v_h=3, pixel_level=True)
    return Batches(IMAGES, LABELS, batch_size, seed, STANDARDISE, cutout, augment=[Flip(), PadCrop()])


def assert_same(some: list[Batch], others: list[Batch]) -> None:
    for (inputs, labels), (other_inputs, other_labels) in zip(some, others, strict=True):
        np.testing.assert_array_equal(inputs, other_inputs)
        np.testing.assert_array_equal(labels, other_labels)


@pytest.mark.parametrize(("batch_size", "sizes"), [(10, [10] * 10 + [3]), (103, [103]), (500, [103]), (1, [1] * 103)])
def test_the_last_batch_has_the_remaining_images(batch_size: int, sizes: list[int]) -> None:
    epoch = list(batches(batch_size).epoch(0))
    assert [len(labels) for _, labels in epoch] == sizes
    assert [inputs.shape for inputs, _ in epoch] == [(size, 32, 32, 3) for size in sizes]
    assert len(batches(batch_size)) == len(sizes)


def test_an_epoch_is_the_standardised_set_in_permuted_order() -> None:
    epoch = list(batches(seed=5).epoch(2))
    order = permutation(5, 2, N)
    np.testing.assert_array_equal(np.concatenate([inputs for inputs, _ in epoch]), STANDARDISE(IMAGES)[order])
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in epoch]), LABELS[order])


def test_cutout_follows_standardisation_and_is_keyed_by_index() -> None:
    cutout = Cutout(v_l=-3, v_h=3, pixel_level=True)
    inputs = np.concatenate([inputs for inputs, _ in batches(7, seed=5, cutout=cutout).epoch(2)])
    expected = cutout(STANDARDISE(IMAGES), seed=5, epoch=2, samples=range(N))
    np.testing.assert_array_equal(inputs, expected[permutation(5, 2, N)])


def test_augmentation_acts_in_order_before_standardisation() -> None:
    inputs = np.concatenate([inputs for inputs, _ in augmented(7, seed=5).epoch(2)])
    key = {"seed": 5, "epoch": 2, "samples": range(N)}
    shifted = PadCrop()(Flip()(IMAGES, **key), **key)
    expected = Cutout(v_l=-3, v_h=3, pixel_level=True)(STANDARDISE(shifted), **key)
    np.testing.assert_array_equal(inputs, expected[permutation(5, 2, N)])


def test_batches_are_contiguous_float32_and_int64_of_their_own() -> None:
    for some in (batches(), batches(cutout=Cutout()), augmented(), augmented().shard(1, 2)):
        for inputs, labels in some.epoch(0):
            assert (inputs.dtype, labels.dtype) == (np.float32, np.int64)
            assert inputs.flags.c_contiguous
            assert labels.flags.c_contiguous
            inputs[:], labels[:] = 0, 0  # whoever gets a batch may write into it
    assert_same(list(augmented().epoch(0)), list(augmented().epoch(0)))
    assert IMAGES.any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(LABELS, np.arange(N) % 10)


def test_any_batch_can_be_asked_for_in_any_order() -> None:
    one = augmented()
    epochs = [list(one.epoch(epoch)) for epoch in range(3)]
    for place in np.random.default_rng(0).permutation(3 * len(one)).tolist():
        epoch, index = divmod(place, len(one))
        assert_same([one.batch(epoch, index)], [epochs[epoch][index]])


def test_epochs_can_be_read_side_by_side() -> None:
    one = augmented()
    pairs = list(zip(one.epoch(1), one.epoch(3), strict=True))
    assert_same([first for first, _ in pairs], list(augmented().epoch(1)))
    assert_same([third for _, third in pairs], list(augmented().epoch(3)))


@pytest.mark.parametrize("start", [0, 1, 5, 10, 11])
def test_an_epoch_can_be_resumed_at_any_batch(start: int) -> None:
    whole = list(augmented().epoch(1))
    assert_same(list(augmented().epoch(1, start)), whole[start:])
    assert len(whole) == 11


def test_the_samples_of_a_batch_are_its_part_of_the_permutation() -> None:
    one = batches(seed=5)
    order = permutation(5, 2, N)
    for index in range(len(one)):
        samples = one.samples(2, index)
        np.testing.assert_array_equal(samples, order[10 * index : 10 * index + 10])
        np.testing.assert_array_equal(one.batch(2, index)[1], LABELS[samples])
        samples[:] = 0  # the caller's own
    np.testing.assert_array_equal(one.samples(2, 10), order[100:])


@pytest.mark.parametrize("world_size", [1, 2, 3, 7, 10, 12])
def test_the_shards_of_all_ranks_are_the_batch_each_sample_once(world_size: int) -> None:
    whole = augmented()
    shards = [whole.shard(rank, world_size) for rank in range(world_size)]
    for index in range(len(whole)):
        inputs, labels = whole.batch(1, index)
        parts = [shard.batch(1, index) for shard in shards]
        for rank, (part, part_labels) in enumerate(parts):
            np.testing.assert_array_equal(part, inputs[rank::world_size])
            np.testing.assert_array_equal(part_labels, labels[rank::world_size])
        assert sum(len(part) for part, _ in parts) == len(inputs)
    assert {len(shard) for shard in shards} == {len(whole)}


def test_a_shard_is_read_and_resumed_as_the_whole_is() -> None:
    shard = augmented().shard(1, 3)
    assert_same(list(shard.epoch(2, 4)), [shard.batch(2, index) for index in range(4, 11)])


def test_a_shard_of_a_shard_is_a_shard() -> None:
    half = augmented().shard(1, 2)
    for rank in range(3):
        assert_same(list(half.shard(rank, 3).epoch(0)), list(augmented().shard(1 + 2 * rank, 6).epoch(0)))


def test_a_copy_by_pickle_gives_the_same_bytes() -> None:
    one = augmented().shard(0, 2)
    before = list(one.epoch(1))
    assert_same(list(pickle.loads(pickle.dumps(one)).epoch(1)), before)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_the_workers_of_a_data_loader_give_the_same_bytes(workers: int) -> None:
    one = augmented()
    loader = DataLoader(range(len(one)), batch_size=None, collate_fn=partial(one.batch, 1), num_workers=workers)
    assert_same(list(loader), list(augmented().epoch(1)))


def test_threads_at_once_give_the_same_bytes() -> None:
    one = augmented()
    expected = [(epoch, index, augmented().batch(epoch, index)) for epoch in range(3) for index in range(11)]
    mixed = [expected[place] for place in np.random.default_rng(0).permutation(len(expected) * 3) % len(expected)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda item: one.batch(item[0], item[1]), mixed))
    assert_same(results, [batch for _, _, batch in mixed])


def test_epochs_and_seeds_have_other_orders() -> None:
    orders = [next(batches(N, seed).epoch(epoch))[0] for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    assert len({order.tobytes() for order in orders}) == 3


def digest(all_batches: Batches) -> str:
    content = b"".join(inputs.tobytes() + labels.tobytes() for inputs, labels in all_batches.epoch(1))
    return hashlib.sha256(content).hexdigest()


IN_ANOTHER_PROCESS = """
import hashlib
import numpy as np
from lrcore.cifar.pipeline.batches import Batches
from lrcore.cifar.pipeline.cutout import Cutout
from lrcore.cifar.pipeline.augment import Flip
from lrcore.cifar.pipeline.augment import PadCrop
from lrcore.cifar.pipeline.standardize import Standardise
images = np.random.default_rng(0).integers(0, 256, (103, 32, 32, 3), dtype=np.uint8)
cutout = Cutout(v_l=-3, v_h=3, pixel_level=True)
batches = Batches(images, np.arange(103) % 10, 10, 3, Standardise.fit(images), cutout, [Flip(), PadCrop()])
content = b"".join(inputs.tobytes() + labels.tobytes() for inputs, labels in batches.epoch(1))
print(hashlib.sha256(content).hexdigest(), end="")
"""


def test_another_process_sees_the_same_bytes() -> None:
    there = subprocess.run([sys.executable, "-c", IN_ANOTHER_PROCESS], capture_output=True, text=True, check=True)
    assert there.stdout == digest(augmented())


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_size_below_one_is_named(batch_size: int) -> None:
    with pytest.raises(ValueError, match=f"^batch_size must be at least 1, but got {batch_size}$"):
        batches(batch_size)


def test_bad_types_and_keys_are_named() -> None:
    with pytest.raises(TypeError, match=r"batch_size must be an integer, but got 2\.5"):
        batches(2.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seed must not be negative, but got -1"):
        batches(seed=-1)
    for ask in (batches().epoch, partial(batches().batch, index=0), partial(batches().samples, index=0)):
        with pytest.raises(ValueError, match=r"^epoch must not be negative, but got -1$"):
            ask(-1)


def test_a_batch_that_is_not_there_is_named() -> None:
    for index in (-1, 11):
        for ask in (batches().batch, batches().samples):
            with pytest.raises(ValueError, match=f"^index must be at least 0 and less than 11, but got {index}$"):
                ask(0, index)
    for start in (-1, 12):
        with pytest.raises(ValueError, match=f"^start must be at least 0 and at most 11, but got {start}$"):
            batches().epoch(0, start)
    with pytest.raises(TypeError, match=r"^index must be an integer, but got 0\.5$"):
        batches().batch(0, 0.5)  # type: ignore[arg-type]


def test_a_rank_outside_its_world_is_named() -> None:
    for rank, world_size in ((-1, 2), (2, 2)):
        message = f"^rank must be at least 0 and less than world_size={world_size}, but got {rank}$"
        with pytest.raises(ValueError, match=message):
            batches().shard(rank, world_size)
    with pytest.raises(ValueError, match=r"^world_size must be at least 1, but got 0$"):
        batches().shard(0, 0)


def test_an_empty_set_and_unequal_lengths_are_named() -> None:
    with pytest.raises(ValueError, match="images must not be empty"):
        Batches(IMAGES[:0], LABELS[:0], 10, 0, STANDARDISE)
    with pytest.raises(ValueError, match="labels must have 103 entries, one an image, but got 102"):
        Batches(IMAGES, LABELS[:-1], 10, 0, STANDARDISE)
