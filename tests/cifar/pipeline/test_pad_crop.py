"""Padding and cropping: each window against NumPy's own padding, and every place equally likely."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lrcore.cifar.pipeline.augment import PadCrop

IMAGES = np.random.default_rng(0).integers(0, 256, (64, 6, 9, 3), dtype=np.uint8)


def place(seed: int, epoch: int, sample: int, padding: int) -> tuple[int, int]:
    """Top and left of a sample's window in the padded image, from NumPy's own Philox."""
    generator = np.random.Generator(np.random.Philox(key=[seed, 0], counter=[0, sample, epoch, 7]))
    top, left = np.floor(generator.random(2) * (2 * padding + 1)).astype(int)
    return top, left


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("padding", [0, 1, 2, 5])
def test_a_window_of_the_image_that_numpy_pads(padding: int, channels: int, dtype: type) -> None:
    images = IMAGES[..., :channels].astype(dtype)
    sides = [(0, 0), (padding, padding), (padding, padding), (0, 0)]
    padded = np.pad(images, sides, mode="reflect")
    results = PadCrop(padding)(images, seed=3, epoch=2, samples=range(64))
    for sample in range(64):
        top, left = place(3, 2, sample, padding)
        np.testing.assert_array_equal(results[sample], padded[sample, top : top + 6, left : left + 9])


def test_a_window_by_hand() -> None:
    image = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.uint8).reshape(1, 3, 3, 1)
    by_place = {
        (0, 0): [[5, 4, 5], [2, 1, 2], [5, 4, 5]],
        (0, 1): [[4, 5, 6], [1, 2, 3], [4, 5, 6]],
        (0, 2): [[5, 6, 5], [2, 3, 2], [5, 6, 5]],
        (1, 0): [[2, 1, 2], [5, 4, 5], [8, 7, 8]],
        (1, 1): [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        (1, 2): [[2, 3, 2], [5, 6, 5], [8, 9, 8]],
        (2, 0): [[5, 4, 5], [8, 7, 8], [5, 4, 5]],
        (2, 1): [[4, 5, 6], [7, 8, 9], [4, 5, 6]],
        (2, 2): [[5, 6, 5], [8, 9, 8], [5, 6, 5]],
    }
    results = PadCrop(1)(np.repeat(image, 60, axis=0), seed=0, epoch=0, samples=range(60))
    places = [place(0, 0, sample, 1) for sample in range(60)]
    assert set(places) == by_place.keys()
    np.testing.assert_array_equal(results[..., 0], [by_place[at] for at in places])


def test_every_place_is_equally_likely() -> None:
    n, padding = 20_000, 4
    image = np.arange(81, dtype=np.uint8).reshape(1, 9, 9, 1)
    results = PadCrop(padding)(np.repeat(image, n, axis=0), seed=0, epoch=0, samples=range(n))
    counts = np.bincount(results[:, 4, 4, 0], minlength=81)  # the middle is reflected from nowhere: it tells the place
    assert len(counts) == 81
    assert stats.chisquare(counts).pvalue > 1e-3


def test_the_same_sample_gets_the_same_shift_in_whatever_batch() -> None:
    whole = PadCrop()(IMAGES, seed=4, epoch=2, samples=range(64))
    order = np.random.default_rng(0).permutation(64)
    np.testing.assert_array_equal(PadCrop()(IMAGES[order], seed=4, epoch=2, samples=order), whole[order])
    for sample in range(64):
        one = PadCrop()(IMAGES[sample : sample + 1], seed=4, epoch=2, samples=[sample])
        np.testing.assert_array_equal(one[0], whole[sample])


def test_seed_and_epoch_each_give_other_shifts() -> None:
    keys = ((0, 0), (0, 1), (1, 0))
    results = {PadCrop()(IMAGES, seed=seed, epoch=epoch, samples=range(64)).tobytes() for seed, epoch in keys}
    assert len(results) == 3


def test_the_result_is_a_new_contiguous_array() -> None:
    before = IMAGES.copy()
    for images in (IMAGES, IMAGES[::-1, :, ::-1]):
        for padding in (0, 4):
            result = PadCrop(padding)(images, seed=0, epoch=0, samples=range(64))
            assert result.dtype == np.uint8
            assert result.flags.c_contiguous
            assert not np.shares_memory(result, images)
    np.testing.assert_array_equal(IMAGES, before)


def test_a_view_and_its_copy_give_the_same() -> None:
    view = IMAGES[::-1, :, ::-1]
    result = PadCrop()(view, seed=0, epoch=0, samples=range(64))
    np.testing.assert_array_equal(result, PadCrop()(view.copy(), seed=0, epoch=0, samples=range(64)))


def test_no_images_give_none() -> None:
    assert PadCrop()(IMAGES[:0], seed=0, epoch=0, samples=[]).shape == (0, 6, 9, 3)


def test_a_bad_argument_is_named_with_its_value() -> None:
    with pytest.raises(ValueError, match=r"^padding must not be negative, but got -1$"):
        PadCrop(-1)
    with pytest.raises(TypeError, match=r"^padding must be an integer, but got 0\.5$"):
        PadCrop(0.5)  # type: ignore[arg-type]


def test_a_bad_batch_is_named() -> None:
    with pytest.raises(ValueError, match=r"^images must have sides greater than padding=6, but got \(64, 6, 9, 3\)$"):
        PadCrop(6)(IMAGES, seed=0, epoch=0, samples=range(64))
    with pytest.raises(ValueError, match=r"^images must have a shape \(N, H, W, C\), but got \(6, 9, 3\)$"):
        PadCrop()(IMAGES[0], seed=0, epoch=0, samples=range(6))
    with pytest.raises(ValueError, match=r"^samples must have 64 indices, one an image, but got 63$"):
        PadCrop()(IMAGES, seed=0, epoch=0, samples=range(63))
