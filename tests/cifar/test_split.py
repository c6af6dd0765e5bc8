from __future__ import annotations

import numpy as np
import pytest

from lrcore.cifar.split import stratified_split


def test_split_takes_a_tenth_of_every_class_and_loses_no_sample() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10), 50))
    training, validation = stratified_split(labels, seed=3)
    np.testing.assert_array_equal(np.sort(np.concatenate([training, validation])), np.arange(500))
    np.testing.assert_array_equal(np.bincount(labels[validation]), np.full(10, 5))


def test_split_depends_on_the_seed_and_on_nothing_else() -> None:
    labels = np.repeat(np.arange(10), 50)
    first, again, other = (stratified_split(labels, seed)[1] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("size", "held_out"), [(1, 0), (2, 1), (14, 1), (16, 2)])
def test_split_of_a_small_class_keeps_most_for_training(size: int, held_out: int) -> None:
    training, validation = stratified_split(np.zeros(size, dtype=np.int64), seed=0)
    assert (len(training), len(validation)) == (size - held_out, held_out)
