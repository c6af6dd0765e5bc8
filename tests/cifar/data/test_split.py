"""The split into training and validation: stratified, seeded, and nothing lost."""

from __future__ import annotations

import numpy as np
import pytest

from lrcore.cifar.data.dataset import stratified_split


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


def test_split_of_cifar10_holds_out_500_of_every_class() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10), 5000))
    training, validation = stratified_split(labels, seed=0)
    assert (len(training), len(validation)) == (45_000, 5_000)
    np.testing.assert_array_equal(np.bincount(labels[training]), np.full(10, 4500))
    np.testing.assert_array_equal(np.bincount(labels[validation]), np.full(10, 500))


def test_split_holds_out_the_first_samples_in_philox_order() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(3), 20))
    words = np.random.Philox(key=[7, 0], counter=[0, 0, 0, 5]).random_raw(60) >> np.uint64(11)
    expected = [sorted(np.flatnonzero(labels == label), key=lambda sample: words[sample])[:5] for label in range(3)]
    _, validation = stratified_split(labels, seed=7, fraction=0.25)
    np.testing.assert_array_equal(validation, np.sort(np.concatenate(expected)))


@pytest.mark.parametrize("fraction", [0, 1, -0.1, float("nan")])
def test_split_names_a_fraction_that_holds_out_nothing_or_all(fraction: float) -> None:
    with pytest.raises(ValueError, match=f"^fraction must be greater than 0 and less than 1, but got {fraction}$"):
        stratified_split(np.zeros(10, dtype=np.int64), seed=0, fraction=fraction)


def test_split_names_a_negative_seed() -> None:
    with pytest.raises(ValueError, match=r"^seed must not be negative, but got -1$"):
        stratified_split(np.zeros(10, dtype=np.int64), seed=-1)
