"""Random horizontal flips."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lrcore.cifar.pipeline.augment import Flip

IMAGES = np.random.default_rng(0).integers(0, 256, (64, 5, 7, 3), dtype=np.uint8)


def is_flipped(images: np.ndarray, results: np.ndarray) -> np.ndarray:
    """A mask of the mirrored results, after checking that the others equal the images."""
    flipped = (results == images[:, :, ::-1]).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(results[~flipped], images[~flipped])
    return flipped


def test_a_flip_turns_left_and_right_round_and_nothing_else() -> None:
    image = np.array([[[1, 10], [2, 20], [3, 30]], [[4, 40], [5, 50], [6, 60]]], np.uint8)[None]
    expected = np.array([[[3, 30], [2, 20], [1, 10]], [[6, 60], [5, 50], [4, 40]]], np.uint8)[None]
    np.testing.assert_array_equal(Flip(p=1)(image, seed=0, epoch=0, samples=[0]), expected)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_number_of_flipped_images_is_binomial(p: float) -> None:
    n = 20_000
    images = np.tile(np.array([1, 2], np.uint8).reshape(1, 1, 2, 1), (n, 1, 1, 1))
    flipped = is_flipped(images, Flip(p)(images, seed=0, epoch=0, samples=range(n)))
    assert stats.binomtest(int(flipped.sum()), n, p).pvalue > 1e-3  # for 0 and 1: none and all


def test_the_flipped_images_are_those_whose_number_is_below_p() -> None:
    philoxes = [np.random.Philox(key=[3, 0], counter=[0, sample, 2, 6]) for sample in range(64)]
    expected = [np.random.Generator(philox).random() < 0.3 for philox in philoxes]
    flipped = is_flipped(IMAGES, Flip(0.3)(IMAGES, seed=3, epoch=2, samples=range(64)))
    np.testing.assert_array_equal(flipped, expected)


def test_the_same_sample_fares_the_same_in_whatever_batch() -> None:
    whole = Flip()(IMAGES, seed=4, epoch=2, samples=range(64))
    order = np.random.default_rng(0).permutation(64)
    np.testing.assert_array_equal(Flip()(IMAGES[order], seed=4, epoch=2, samples=order), whole[order])
    for sample in range(64):
        one = Flip()(IMAGES[sample : sample + 1], seed=4, epoch=2, samples=[sample])
        np.testing.assert_array_equal(one[0], whole[sample])


def test_seed_and_epoch_each_give_other_flips() -> None:
    keys = ((0, 0), (0, 1), (1, 0))
    results = {Flip()(IMAGES, seed=seed, epoch=epoch, samples=range(64)).tobytes() for seed, epoch in keys}
    assert len(results) == 3


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_result_is_a_new_contiguous_array(dtype: type) -> None:
    images = IMAGES.astype(dtype)
    before = images.copy()
    images.flags.writeable = False
    for p in (0, 0.5, 1):
        result = Flip(p)(images, seed=0, epoch=0, samples=range(64))
        np.testing.assert_array_equal(images, before)
        assert result.dtype == dtype
        assert result.flags.c_contiguous
        assert not np.shares_memory(result, images)


def test_no_images_give_none() -> None:
    assert Flip()(IMAGES[:0], seed=0, epoch=0, samples=[]).shape == (0, 5, 7, 3)


def test_a_bad_argument_is_named_with_its_value() -> None:
    for p in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match=rf"^p must be in \[0, 1\], but got {p}$"):
            Flip(p)
    with pytest.raises(TypeError, match=r"^p must be a number, but got 'often'$"):
        Flip("often")  # type: ignore[arg-type]


def test_a_bad_batch_is_named() -> None:
    with pytest.raises(ValueError, match=r"^images must have a shape \(N, H, W, C\), but got \(5, 7, 3\)$"):
        Flip()(IMAGES[0], seed=0, epoch=0, samples=range(5))
    with pytest.raises(ValueError, match=r"^samples must have 64 indices, one an image, but got 63$"):
        Flip()(IMAGES, seed=0, epoch=0, samples=range(63))
