"""Heat on photos."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
import torch

from lrcore.cifar.cam.maps import COLOURS, enlarge, overlay, upsample

random = np.random.default_rng(0)
PHOTOS = random.integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (4, 4), (7, 7), (8, 5), (32, 32)])
@pytest.mark.parametrize("size", [(32, 32), (256, 100)])
def test_upsampling_matches_torch_without_aligned_corners(shape: tuple[int, int], size: tuple[int, int]) -> None:
    maps = random.random((2, *shape))
    expected = torch.nn.functional.interpolate(torch.from_numpy(maps)[:, None], size=size, mode="bilinear")
    np.testing.assert_allclose(upsample(maps, *size), expected[:, 0].numpy(), rtol=0, atol=1e-12)


def test_upsampling_to_the_same_size_changes_nothing() -> None:
    maps = random.random((2, 8, 8)).astype(np.float32)
    np.testing.assert_array_equal(upsample(maps, 8, 8), maps)


def test_pixels_become_squares() -> None:
    np.testing.assert_array_equal(enlarge(PHOTOS, 3), np.kron(PHOTOS, np.ones((1, 3, 3, 1), np.uint8)))


def test_without_heat_the_photo_keeps_every_byte() -> None:
    shown = overlay(PHOTOS, np.zeros((2, 4, 4), np.float32))
    np.testing.assert_array_equal(shown, enlarge(PHOTOS, 8), strict=True)


def test_cold_places_beside_a_hot_one_keep_the_photo() -> None:
    heat = np.zeros((2, 8, 8))
    heat[:, 0, 0] = 1
    shown = overlay(PHOTOS, heat, scale=1)
    np.testing.assert_array_equal(shown[:, 6:], PHOTOS[:, 6:])
    np.testing.assert_array_equal(shown[:, :, 6:], PHOTOS[:, :, 6:])
    assert np.all(shown[:, :2, :2] != PHOTOS[:, :2, :2])


def test_the_hottest_place_is_seven_tenths_colour() -> None:
    colour = 255 * np.array(matplotlib.colormaps[COLOURS](1.0)[:3])
    shown = overlay(PHOTOS, np.ones((2, 1, 1)), scale=1)
    np.testing.assert_allclose(shown, 0.3 * PHOTOS + 0.7 * colour, rtol=0, atol=0.5 + 1e-9)


def test_more_heat_is_lighter_everywhere() -> None:
    """As in perceptual colours and not in jet; luminance as in sRGB (IEC 61966-2-1)."""
    colours = matplotlib.colormaps[COLOURS](np.linspace(0, 1, 256))[:, :3]
    linear = np.where(colours > 0.04045, ((colours + 0.055) / 1.055) ** 2.4, colours / 12.92)
    assert np.all(np.diff(linear @ [0.2126, 0.7152, 0.0722]) > 0)
