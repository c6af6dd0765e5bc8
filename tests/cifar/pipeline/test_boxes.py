"""Boxes of cutout: their distributions against the exact laws, and the guide's against its own recurrence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from lrcore.cifar.pipeline.cutout import Boxes, Shape, fitted_boxes, guide_boxes
from lrcore.cifar.pipeline.random_streams import Stream, uniforms

GUIDE = Shape(0.02, 0.4, 0.3, 1 / 0.3)
FINE = 20_000  # pixels a side: rounding to them moves an area or a ratio by less than a thousandth
N = 20_000
LEAST_P = 1e-3  # of every test of a distribution: the draws are the same in each run


def fitted(shape: Shape, height: int, width: int) -> Boxes:
    return fitted_boxes(uniforms(1, 0, Stream.CUTOUT, range(N), 4), shape, height, width)


def guide(n: int = N, tries: int = 100, side: int = 32, shape: Shape = GUIDE) -> Boxes:
    draws = uniforms(1, 0, Stream.CUTOUT_TRIES, range(n), 4 * tries)
    return guide_boxes(draws.reshape(n, tries, 4), shape, side, side)


def guides_own(n: int, side: int) -> Boxes:
    """The guide's loop, with NumPy's own generator."""
    random = np.random.default_rng(0)
    boxes = []
    while len(boxes) < n:
        area, ratio = random.uniform(0.02, 0.4) * side * side, random.uniform(0.3, 1 / 0.3)
        width, height = int(math.sqrt(area / ratio)), int(math.sqrt(area * ratio))
        left, top = random.integers(0, side), random.integers(0, side)
        if left + width <= side and top + height <= side:
            boxes.append((top, left, height, width))
    return Boxes(*np.array(boxes, float).T)


def test_the_area_is_uniform_also_where_the_ratio_gives_way() -> None:
    boxes = fitted(GUIDE, FINE, FINE)
    area = boxes.height * boxes.width / FINE**2
    assert (boxes.height == FINE).sum() > 100  # the ratio gave way
    assert stats.kstest(area, stats.uniform(0.02, 0.38).cdf).pvalue > LEAST_P


def test_the_ratio_is_log_uniform_where_every_box_fits() -> None:
    boxes = fitted(Shape(0.02, 0.3, 0.3, 1 / 0.3), FINE, FINE)  # sqrt(0.3 / 0.3) = 1: the largest just fits
    log_ratio = np.log(boxes.height / boxes.width)
    assert stats.kstest(log_ratio, stats.uniform(math.log(0.3), -2 * math.log(0.3)).cdf).pvalue > LEAST_P


def test_area_and_ratio_do_not_depend_on_each_other() -> None:
    boxes = fitted(Shape(0.02, 0.3, 0.3, 1 / 0.3), FINE, FINE)
    assert stats.spearmanr(boxes.height * boxes.width, boxes.height / boxes.width).pvalue > LEAST_P


def test_the_place_is_uniform_among_those_that_fit() -> None:
    boxes = fitted(Shape(0.1, 0.1, 2, 2), FINE, 2 * FINE)
    for start, length, size in ((boxes.top, boxes.height, FINE), (boxes.left, boxes.width, 2 * FINE)):
        assert stats.kstest(start / (size - length), stats.uniform.cdf).pvalue > LEAST_P
    assert stats.spearmanr(boxes.top, boxes.left).pvalue > LEAST_P


def test_guide_boxes_have_the_distribution_of_the_guides_loop() -> None:
    ours, theirs = guide(), guides_own(N, 32)
    for measure in (
        lambda boxes: boxes.height * boxes.width,
        lambda boxes: boxes.height / boxes.width,
        lambda boxes: boxes.top,
        lambda boxes: boxes.left,
        lambda boxes: boxes.top + boxes.height,
        lambda boxes: boxes.left + boxes.width,
    ):
        assert stats.ks_2samp(measure(ours), measure(theirs)).pvalue > LEAST_P


def test_the_guides_boxes_have_the_figures_measured_of_the_guide() -> None:
    boxes = guide()
    assert (boxes.height * boxes.width).mean() / 32**2 == pytest.approx(0.136, abs=0.003)
    assert (boxes.height > boxes.width).mean() == pytest.approx(0.73, abs=0.015)
    erased = boxes.masks(32, 32).mean(axis=0)
    assert erased[[0, 0, -1, -1], [0, -1, 0, -1]] == pytest.approx([0.003] * 4, abs=0.002)
    assert erased[16, 16] == pytest.approx(0.306, abs=0.015)


def test_a_try_of_the_guide_succeeds_as_often_as_was_measured() -> None:
    assert (guide(tries=1).height > 0).mean() == pytest.approx(0.322, abs=4 * math.sqrt(0.322 * 0.678 / N))


def test_the_guides_box_is_the_first_try_that_fits_or_empty() -> None:
    # Areas 16 of 64 and ratios 1, so 4 x 4; corners at (left, top) = (5, 0), (4, 5), (4, 4), (0, 0): the third fits.
    places = np.array([[5, 0], [4, 5], [4, 4], [0, 0]]) / 8
    draws = np.concatenate([np.zeros((4, 2)), places], axis=1)[None]
    shape = Shape(0.25, 0.25, 1, 1)
    assert [float(numbers[0]) for numbers in guide_boxes(draws, shape, 8, 8)] == [4, 4, 4, 4]
    assert [float(numbers[0]) for numbers in guide_boxes(draws[:, :2], shape, 8, 8)] == [0, 0, 0, 0]


def test_masks_of_boxes_by_hand() -> None:
    boxes = Boxes(*np.array([[0, 1, 2], [1, 0, 0], [1, 2, 0], [2, 1, 0]], float))
    expected = [[[0, 1, 1], [0, 0, 0], [0, 0, 0]], [[0, 0, 0], [1, 0, 0], [1, 0, 0]], np.zeros((3, 3))]
    np.testing.assert_array_equal(boxes.masks(3, 3), np.array(expected, bool))
