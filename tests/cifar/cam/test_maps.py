"""From features and gradients to heat, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lrcore.cifar.cam import METHODS, CamMaps, FeatureGradients, grad_cam, hires_cam

LOGITS = np.array([[2.0, -1.0]])


def found(features: np.ndarray, gradients: np.ndarray) -> FeatureGradients:
    return FeatureGradients(features, gradients, np.repeat(LOGITS, len(features), axis=0), "conv1")


# Two features on a map of one row and two places.
FEATURES = np.array([[[[1.0, 10.0], [2.0, 20.0]]]])
GRADIENTS = np.array([[[[4.0, -1.0], [0.0, 0.5]]]])


def test_grad_cam_by_hand() -> None:
    # alpha = (2, -0.25): 2 * 1 - 0.25 * 10, 2 * 2 - 0.25 * 20
    np.testing.assert_array_equal(grad_cam(found(FEATURES, GRADIENTS)).raw, [[[-0.5, -1.0]]])


def test_hires_cam_by_hand() -> None:
    # 4 * 1 - 1 * 10, 0 * 2 + 0.5 * 20
    maps = hires_cam(found(FEATURES, GRADIENTS))
    np.testing.assert_array_equal(maps.raw, [[[-6.0, 10.0]]])
    np.testing.assert_array_equal(maps.heat, [[[0.0, 1.0]]])


def test_heat_is_the_positive_part_over_its_maximum_in_each_map() -> None:
    raw = np.array([[[4.0, -8.0], [1.0, 0.0]], [[-1.0, 1e-30], [5e-31, -1e9]], [[3.0, 3.0], [3.0, 3.0]]])
    maps = CamMaps(raw, "conv1", "gradcam")
    expected = [[[1, 0], [0.25, 0]], [[0, 1], [0.5, 0]], [[1, 1], [1, 1]]]
    np.testing.assert_array_equal(maps.heat, np.array(expected, np.float32), strict=True)
    np.testing.assert_array_equal(maps.empty, [False] * 3)


def test_a_map_without_positive_evidence_is_all_zero() -> None:
    maps = CamMaps(np.array([[[0.0, 0.0]], [[-1.0, -2.0]], [[0.0, -1e-300]], [[-1.0, 1e-300]]]), "conv1", "gradcam")
    np.testing.assert_array_equal(maps.empty, [True, True, True, False])
    np.testing.assert_array_equal(maps.heat, np.array([[[0, 0]], [[0, 0]], [[0, 0]], [[0, 1]]], np.float32))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_map_that_is_not_finite_is_empty_and_spoils_no_other(method: str, value: float) -> None:
    features = np.repeat(FEATURES, 3, axis=0).astype(np.float32)
    gradients = np.repeat(np.abs(GRADIENTS), 3, axis=0).astype(np.float32)
    features[0, 0, 0, 1], gradients[2, 0, 1, 0] = value, value
    features[2, 0, 1, 0] = 0  # inf * 0
    maps = METHODS[method](found(features, gradients))
    np.testing.assert_array_equal(maps.empty, [True, False, True])
    np.testing.assert_array_equal(maps.heat[[0, 2]], np.zeros((2, 1, 2)))
    assert maps.heat[1].max() == 1


@pytest.mark.parametrize("method", METHODS)
def test_maps_of_a_batch_are_those_of_each_image_exactly(method: str) -> None:
    random = np.random.default_rng(0)
    features, gradients = random.normal(size=(2, 5, 7, 7, 33)).astype(np.float32)
    batch = METHODS[method](found(features, gradients))
    for index in range(5):
        single = METHODS[method](found(features[index : index + 1], gradients[index : index + 1]))
        np.testing.assert_array_equal(single.raw[0], batch.raw[index])
        np.testing.assert_array_equal(single.heat[0], batch.heat[index])


@pytest.mark.parametrize("method", METHODS)
def test_float32_products_are_added_in_float64(method: str) -> None:
    features = np.array([1e30, 1.0, 1e30], np.float32).reshape(1, 1, 1, 3)
    gradients = np.array([1e30, 1.0, -1e30], np.float32).reshape(1, 1, 1, 3)
    raw = METHODS[method](found(features, gradients)).raw
    assert raw.dtype == np.float64
    assert np.isfinite(raw).all()  # 1e60 is infinite in float32


def test_probabilities_are_refused_whatever_their_precision() -> None:
    for probabilities in ([0.25, 0.75], [1.0, 0.0], [0.334, 0.668]):  # the last as a 16-bit softmax may give them
        with pytest.raises(ValueError, match=r"^model must give logits, but gave probabilities"):
            FeatureGradients(FEATURES, GRADIENTS, np.array([probabilities]), "conv1")


@pytest.mark.parametrize("logits", [[0.0, 0.0], [2.0, -1.0], [0.5, 0.6], [np.nan, 1.0]])
def test_logits_are_not_taken_for_probabilities(logits: list[float]) -> None:
    FeatureGradients(FEATURES, GRADIENTS, np.array([logits]), "conv1")
