"""Cutout: properties of the boxes, over many images at once."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lrcore.cifar.pipeline.cutout import Cutout

SIDE = 32
Compat = Literal["guide"] | None
COMPATS: tuple[Compat, ...] = (None, "guide")


def erase(cutout: Cutout, n: int, shape: tuple[int, int, int] = (SIDE, SIDE, 1), seed: int = 0) -> np.ndarray:
    """The masks of n boxes: everything erased becomes 1, everything else stays 0."""
    return cutout(np.zeros((n, *shape), np.float32), seed=seed, epoch=0, samples=range(n))


def always(**arguments: Any) -> Cutout:
    return Cutout(p=1, v_l=1, v_h=1, **arguments)


def boxes(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heights and widths, after checking that each mask is one full rectangle."""
    rows, columns = masks.any(axis=(2, 3)), masks.any(axis=(1, 3))
    np.testing.assert_array_equal(masks[..., 0], rows[:, :, None] & columns[:, None, :])
    for side in (rows, columns):
        assert (np.abs(np.diff(side, axis=1, prepend=False, append=False).astype(int)).sum(axis=1) == 2).all()
    return rows.sum(axis=1), columns.sum(axis=1)


@pytest.mark.parametrize("compat", COMPATS)
@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_number_of_erased_images_is_binomial(p: float, compat: Compat) -> None:
    n = 20_000
    cutout = Cutout(p=p, s_l=0.1, s_h=0.3, v_l=1, compat=compat)
    erased = int(erase(cutout, n, (8, 8, 1)).any(axis=(1, 2, 3)).sum())
    assert stats.binomtest(erased, n, p).pvalue > 1e-3  # for 0 and 1: none and all


def test_the_erased_images_are_those_whose_number_is_below_p() -> None:
    philoxes = [np.random.Philox(key=[3, 0], counter=[0, sample, 0, 1]) for sample in range(200)]
    expected = [np.random.Generator(philox).random() < 0.3 for philox in philoxes]
    for compat in COMPATS:
        erased = erase(Cutout(p=0.3, v_l=1, compat=compat), 200, seed=3).any(axis=(1, 2, 3))
        np.testing.assert_array_equal(erased, expected)


def test_the_mean_area_is_the_middle_of_its_range() -> None:
    heights, widths = boxes(erase(always(), 5000))
    # Uniform in [.02, .4]: mean .21, sigma .38 / sqrt(12) per image; rounding to pixels adds less than .002.
    assert (heights * widths).mean() / SIDE**2 == pytest.approx(0.21, abs=0.002 + 4 * 0.38 / math.sqrt(12 * 5000))


def test_tall_and_wide_boxes_are_equally_likely() -> None:
    heights, widths = boxes(erase(always(), 5000))
    tall, wide = (heights > widths).sum(), (heights < widths).sum()
    assert abs(tall - wide) <= 4 * math.sqrt(tall + wide)


def test_area_and_ratio_are_those_asked_for() -> None:
    heights, widths = boxes(erase(always(s_l=0.25, s_h=0.25, r_1=4, r_2=4), 100))
    assert (set(heights), set(widths)) == ({32}, {8})  # 32*32/4 = 256 = 32 * 8, and 32/8 = 4


def test_a_ratio_that_cannot_fit_gives_way_and_keeps_the_area() -> None:
    heights, widths = boxes(erase(always(s_l=0.5, s_h=0.5, r_1=100, r_2=100), 100))
    assert (set(heights), set(widths)) == ({32}, {16})


def test_every_place_inside_is_equally_likely() -> None:
    masks = erase(always(s_l=0.25, s_h=0.25, r_1=1, r_2=1), 8000)[..., 0]  # 16 x 16, so 17 places each way
    tops = masks.any(axis=2).argmax(axis=1)
    lefts = masks.any(axis=1).argmax(axis=1)
    for starts in (tops, lefts):
        counts = np.bincount(starts, minlength=17)
        assert len(counts) == 17
        assert stats.chisquare(counts).pvalue > 1e-3


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    area=st.tuples(st.floats(1e-6, 1), st.floats(1e-6, 1)),
    ratio=st.tuples(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3)),
)
def test_the_box_is_one_rectangle_inside_any_image(
    seed: int, height: int, width: int, area: tuple[float, float], ratio: tuple[float, float]
) -> None:
    cutout = always(s_l=min(area), s_h=max(area), r_1=min(ratio), r_2=max(ratio))
    heights, widths = boxes(erase(cutout, 8, (height, width, 1), seed))
    assert heights.min() >= 1
    assert widths.min() >= 1


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    area=st.tuples(st.floats(1e-6, 1), st.floats(1e-6, 1)),
    ratio=st.tuples(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3)),
)
def test_a_guide_box_is_at_most_one_rectangle_inside_the_image(
    seed: int, height: int, width: int, area: tuple[float, float], ratio: tuple[float, float]
) -> None:
    cutout = always(s_l=min(area), s_h=max(area), r_1=min(ratio), r_2=max(ratio), compat="guide")
    masks = erase(cutout, 8, (height, width, 1), seed)
    boxes(masks[masks.any(axis=(1, 2, 3))])


def test_an_image_without_a_fitting_guide_box_is_unchanged() -> None:
    # Half of an image at ratio 100 would be 226 high; the whole image fits at one corner of 1024, and only just.
    for arguments in ({"s_l": 0.5, "s_h": 0.5, "r_1": 100, "r_2": 100}, {"s_l": 1, "s_h": 1, "r_1": 1.1, "r_2": 1.2}):
        np.testing.assert_array_equal(erase(always(**arguments, compat="guide"), 50), np.zeros((50, SIDE, SIDE, 1)))


def test_the_guides_empty_boxes_erase_nothing() -> None:
    # A box of 1.28 pixels has no height for r < 1 / 1.28 and no width for r > 1.28; r is uniform on [0.3, 10 / 3].
    # Of an empty box whose other side is 2, so r <= 1.28 / 4 or r >= 4 / 1.28, one try in 8 goes over the border.
    empty, refused = 1 / 1.28 - 0.3 + 1 / 0.3 - 1.28, (1.28 / 4 - 0.3 + 1 / 0.3 - 4 / 1.28) / 8
    expected = (empty - refused) / (1 / 0.3 - 0.3 - refused)
    masks = erase(always(s_l=0.02, s_h=0.02, compat="guide"), 20_000, (8, 8, 1)).sum(axis=(1, 2, 3))
    assert set(masks) == {0, 1}
    assert stats.binomtest(int((masks == 0).sum()), 20_000, expected).pvalue > 1e-3


def test_the_whole_image_can_be_erased() -> None:
    np.testing.assert_array_equal(erase(always(s_l=1, s_h=1), 20), np.ones((20, SIDE, SIDE, 1)))


@pytest.mark.parametrize("compat", COMPATS)
def test_one_value_fills_a_box_unless_pixel_level(compat: Compat) -> None:
    images = np.full((200, 16, 16, 3), 9, np.float32)
    cutout = Cutout(p=1, v_l=-2, v_h=3, compat=compat)
    plain = cutout(images, seed=0, epoch=0, samples=range(200))
    noise = replace(cutout, pixel_level=True)(images, seed=0, epoch=0, samples=range(200))
    np.testing.assert_array_equal(plain == 9, noise == 9)  # the same boxes
    for image, noisy in zip(plain, noise, strict=True):
        erased = noisy[noisy != 9]
        assert len(np.unique(image[image != 9])) == 1
        assert len(np.unique(erased)) == len(erased)


def test_pixel_level_noise_is_numpys_philox_number_by_number() -> None:
    images = np.full((3, 5, 7, 3), 9, np.float64)
    erased = Cutout(p=1, s_l=0.3, v_l=-2, v_h=3, pixel_level=True)(images, seed=4, epoch=2, samples=[8, 0, 2**40])
    for image, sample in zip(erased, (8, 0, 2**40), strict=True):
        generator = np.random.Generator(np.random.Philox(key=[4, 0], counter=[0, sample, 2, 2]))
        noise = -2 + 5 * generator.random((5, 7, 3))
        np.testing.assert_array_equal(image, np.where(image == 9, 9, noise))
        assert (image != 9).any()


@pytest.mark.parametrize("pixel_level", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_fill_their_range_and_never_leave_it(pixel_level: bool, dtype: type) -> None:
    images = np.full((2000, 6, 6, 3), 9, dtype)
    erased = Cutout(p=1, v_l=-1.7, v_h=2.1, pixel_level=pixel_level)(images, seed=0, epoch=0, samples=range(2000))
    values = erased[erased != 9]
    assert erased.dtype == dtype
    assert dtype(-1.7) <= values.min() < -1.65
    assert 2.05 < values.max() <= dtype(2.1)
    assert values.mean() == pytest.approx(0.2, abs=0.1)


@pytest.mark.parametrize("compat", COMPATS)
def test_the_same_sample_gets_the_same_box_in_whatever_batch(compat: Compat) -> None:
    random = np.random.default_rng(0)
    images = random.standard_normal((64, 8, 8, 3)).astype(np.float32)
    cutout = Cutout(pixel_level=True, compat=compat)
    whole = cutout(images, seed=4, epoch=2, samples=range(64))
    order = random.permutation(64)
    np.testing.assert_array_equal(cutout(images[order], seed=4, epoch=2, samples=order), whole[order])
    for sample in range(64):
        one = cutout(images[sample : sample + 1], seed=4, epoch=2, samples=[sample])
        np.testing.assert_array_equal(one[0], whole[sample])


@pytest.mark.parametrize("compat", COMPATS)
def test_seed_and_epoch_each_give_other_boxes(compat: Compat) -> None:
    images = np.zeros((64, 8, 8, 3), np.float32)
    results = {
        Cutout(v_l=1, compat=compat)(images, seed=seed, epoch=epoch, samples=range(64)).tobytes()
        for seed, epoch in ((0, 0), (0, 1), (1, 0))
    }
    assert len(results) == 3


def test_the_input_is_unchanged_and_the_rest_of_the_image_kept() -> None:
    images = np.random.default_rng(0).standard_normal((50, 8, 8, 3)).astype(np.float32)
    before = images.copy()
    images.flags.writeable = False
    erased = Cutout(p=1, v_l=9, v_h=9)(images, seed=0, epoch=0, samples=range(50))
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(np.where(erased == 9, 0, erased), np.where(erased == 9, 0, before))


@pytest.mark.parametrize("pixel_level", [False, True])
def test_a_batch_without_images_or_boxes_is_unchanged(pixel_level: bool) -> None:
    for cutout, n in ((Cutout(p=0, pixel_level=pixel_level), 5), (Cutout(p=1, pixel_level=pixel_level), 0)):
        images = np.ones((n, 4, 4, 3), np.float32)
        np.testing.assert_array_equal(cutout(images, seed=0, epoch=0, samples=range(n)), images)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p": -0.1}, r"p must be in \[0, 1\], but got -0.1"),
        ({"p": 1.5}, r"p must be in \[0, 1\], but got 1.5"),
        ({"p": math.nan}, r"p must be in \[0, 1\], but got nan"),
        ({"s_l": 0}, "s_l must be greater than 0, but got 0"),
        ({"s_l": 0.5}, "s_h must not be less than s_l=0.5, but got 0.4"),
        ({"s_h": 1.1}, "s_h must not be greater than 1, but got 1.1"),
        ({"r_1": -1}, "r_1 must be greater than 0, but got -1"),
        ({"r_1": 2, "r_2": 1}, "r_2 must not be less than r_1=2, but got 1"),
        ({"r_2": math.inf}, "r_2 must be finite, but got inf"),
        ({"v_l": 2}, "v_h must not be less than v_l=2, but got 1.0"),
        ({"compat": "yu4u"}, "compat must be None or 'guide', but got 'yu4u'"),
    ],
)
def test_a_bad_argument_is_named_with_its_value(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Cutout(**arguments)


def test_an_argument_that_is_no_number_is_named() -> None:
    with pytest.raises(TypeError, match="p must be a number, but got 'often'"):
        Cutout(p="often")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("batch", "samples", "error", "message"),
    [
        (np.zeros((1, 2, 2, 3), np.uint8), 1, TypeError, "images must be float32 or float64, but got uint8"),
        (np.zeros((2, 2, 3), np.float32), 2, ValueError, r"shape \(N, H, W, C\), but got \(2, 2, 3\)"),
        (np.zeros((2, 2, 2, 3), np.float32), 3, ValueError, "samples must have 2 indices, one an image, but got 3"),
    ],
)
def test_a_bad_batch_is_named(batch: np.ndarray, samples: int, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Cutout()(batch, seed=0, epoch=0, samples=range(samples))
