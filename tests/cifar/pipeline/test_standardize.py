"""Standardisation against the plain formula and against Keras' ImageDataGenerator, which the guide uses."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import tensorflow as tf

from lrcore.cifar.pipeline.standardize import Standardise


@pytest.fixture
def images() -> np.ndarray:
    random = np.random.default_rng(0)
    return random.integers([0, 100, 250], [40, 256, 256], (2300, 8, 8, 3), dtype=np.uint8)  # more than one block


def test_fit_measures_mean_and_population_std_in_float64(images: np.ndarray) -> None:
    standardise = Standardise.fit(images)
    assert standardise.mean == pytest.approx(images.mean(axis=(0, 1, 2), dtype=np.float64), rel=1e-14)
    assert standardise.std == pytest.approx(images.std(axis=(0, 1, 2), dtype=np.float64), rel=1e-13)


def test_fit_gives_the_same_bits_in_any_order_of_the_images(images: np.ndarray) -> None:
    assert Standardise.fit(images) == Standardise.fit(images[::-1])


def test_a_call_gives_the_nearest_float32_of_the_formula(images: np.ndarray) -> None:
    mean, std = images.mean(axis=(0, 1, 2), dtype=np.float64), images.std(axis=(0, 1, 2), dtype=np.float64)
    expected = ((images.astype(np.float64) - mean) / (std + 1e-6)).astype(np.float32)
    result = Standardise(tuple(mean), tuple(std))(images)
    np.testing.assert_array_equal(result, expected)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous


def test_every_pixel_level_matches_the_formula_bit_for_bit() -> None:
    mean, std = (125.306918046875, 122.950394140625, 113.86538318359375, 0.1), (62.99321927813685, 62.0887, 66.7, 0)
    levels = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, axis=1)
    expected = ((levels.astype(np.float64) - np.array(mean)) / (np.array(std) + 1e-6)).astype(np.float32)
    assert Standardise(mean, std)(levels).tobytes() == expected.tobytes()


def test_the_result_is_contiguous_for_a_view(images: np.ndarray) -> None:
    standardise = Standardise.fit(images)
    view = images[::3].transpose(0, 2, 1, 3)
    result = standardise(view)
    assert result.flags.c_contiguous
    np.testing.assert_array_equal(result, standardise(np.ascontiguousarray(view)))


def test_it_agrees_with_keras_image_data_generator(images: np.ndarray) -> None:
    generator = tf.keras.preprocessing.image.ImageDataGenerator(
        featurewise_center=True, featurewise_std_normalization=True, dtype="float64"
    )
    generator.fit(images)
    expected = generator.standardize(images.astype(np.float64))
    np.testing.assert_allclose(Standardise.fit(images)(images), expected, rtol=2e-7, atol=1e-10)


def test_a_channel_without_variation_becomes_zero() -> None:
    images = np.full((2, 4, 4, 3), 7, np.uint8)
    np.testing.assert_array_equal(Standardise.fit(images)(images), np.zeros((2, 4, 4, 3), np.float32))


def test_it_is_a_value() -> None:
    standardise = Standardise((1, 2), (3, 4))
    assert standardise == Standardise((1.0, 2.0), (3.0, 4.0))
    assert hash(standardise) == hash(Standardise((1.0, 2.0), (3.0, 4.0)))
    standardise(np.zeros((1, 2), np.uint8))  # what it remembers from a call is no part of the value
    assert standardise == pickle.loads(pickle.dumps(standardise)) == Standardise((1, 2), (3, 4))
    assert repr(standardise) == "Standardise(mean=(1.0, 2.0), std=(3.0, 4.0))"


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [
        ((1, 2), (1,), r"std must have 2 channels as mean has, but got 1"),
        ((1,), (-1,), r"std must not be negative, but got \(-1.0,\)"),
        ((float("nan"),), (1,), r"mean must be finite, but got \(nan,\)"),
        ((0,), (float("inf"),), r"std must be finite, but got \(inf,\)"),
    ],
)
def test_bad_numbers_are_named(mean: tuple[float, ...], std: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Standardise(mean, std)


def test_images_of_another_type_or_shape_are_named() -> None:
    with pytest.raises(TypeError, match="images must be uint8, but got float32"):
        Standardise.fit(np.zeros((1, 2, 2, 3), np.float32))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"\(N, H, W, C\) without zeros, but got \(0, 2, 2, 3\)"):
        Standardise.fit(np.zeros((0, 2, 2, 3), np.uint8))
    with pytest.raises(TypeError, match="images must be uint8, but got float64"):
        Standardise((0,), (1,))(np.zeros((1, 2, 2, 1)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"images must have 1 channels in the last axis, but got \(1, 2, 2, 3\)"):
        Standardise((0,), (1,))(np.zeros((1, 2, 2, 3), np.uint8))
