"""Numbers keyed by (seed, epoch, sample): NumPy's own Philox, placed at the documented counter, is the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lrcore.cifar.pipeline.random_streams import Stream, permutation, uniforms


def numpy_philox(seed: int, epoch: int, stream: Stream, sample: int) -> np.random.Philox:
    return np.random.Philox(key=[seed, 0], counter=[0, sample, epoch, int(stream)])


@pytest.mark.parametrize("width", [0, 1, 3, 4, 5, 33])
def test_a_row_is_numpys_philox_from_the_documented_counter(width: int) -> None:
    samples = [5, 0, 2**40, 5]
    rows = uniforms(11, 3, Stream.CUTOUT, samples, width)
    generators = [np.random.Generator(numpy_philox(11, 3, Stream.CUTOUT, sample)) for sample in samples]
    np.testing.assert_array_equal(rows, [generator.random(width) for generator in generators])
    assert rows.dtype == np.float64


def test_a_row_is_the_same_in_whatever_batch_it_is_asked() -> None:
    whole = uniforms(0, 1, Stream.CUTOUT, range(50), 6)
    for samples in ([49], [7, 3], list(range(49, -1, -1))):
        np.testing.assert_array_equal(uniforms(0, 1, Stream.CUTOUT, samples, 6), whole[samples])


@pytest.mark.parametrize("samples", [[7, 2, 9], (7, 2, 9), np.array([7, 2, 9]), np.array([7, 2, 9], np.uint8)])
def test_samples_may_be_any_integers(samples: list[int]) -> None:
    expected = [np.random.Generator(numpy_philox(1, 2, Stream.FLIP, sample)).random(3) for sample in (7, 2, 9)]
    np.testing.assert_array_equal(uniforms(1, 2, Stream.FLIP, samples, 3), expected)


def test_rows_may_start_anywhere_each_for_itself() -> None:
    starts = np.array([0, 1, 3, 4, 6, 4])
    samples = [5, 5, 5, 5, 5, 0]
    rows = uniforms(11, 3, Stream.CUTOUT_NOISE, samples, 3, start=starts)
    for row, sample, start in zip(rows, samples, starts, strict=True):
        generator = np.random.Generator(numpy_philox(11, 3, Stream.CUTOUT_NOISE, sample))
        np.testing.assert_array_equal(row, generator.random(start + 3)[start:])
    np.testing.assert_array_equal(rows[[2]], uniforms(11, 3, Stream.CUTOUT_NOISE, [5], 3, start=3))


def test_streams_keep_their_numbers_for_good() -> None:
    first_six = ["SHUFFLE", "CUTOUT", "CUTOUT_NOISE", "SYNTHETIC", "SYNTHETIC_NOISE", "SPLIT"]
    names = [*first_six, "FLIP", "CROP", "CUTOUT_TRIES", "DROPOUT"]
    assert {stream.name: int(stream) for stream in Stream} == {name: place for place, name in enumerate(names)}


def test_a_shorter_row_begins_a_longer_one() -> None:
    samples = np.arange(4)
    longer = uniforms(0, 0, Stream.CUTOUT, samples, 100)
    np.testing.assert_array_equal(uniforms(0, 0, Stream.CUTOUT, samples, 7), longer[:, :7])


def test_seed_epoch_stream_and_sample_each_give_other_numbers() -> None:
    rows = [
        uniforms(0, 0, Stream.CUTOUT, [0], 4),
        uniforms(1, 0, Stream.CUTOUT, [0], 4),
        uniforms(0, 1, Stream.CUTOUT, [0], 4),
        uniforms(0, 0, Stream.CUTOUT_NOISE, [0], 4),
        uniforms(0, 0, Stream.CUTOUT, [1], 4),
    ]
    assert len({row.tobytes() for row in rows}) == len(rows)


def test_no_samples_give_no_rows() -> None:
    assert uniforms(0, 0, Stream.CUTOUT, [], 6).shape == (0, 6)


def test_a_permutation_sorts_numpys_philox_words() -> None:
    words = numpy_philox(9, 4, Stream.SHUFFLE, 0).random_raw(1000)
    expected = sorted(range(1000), key=lambda index: words[index])
    np.testing.assert_array_equal(permutation(9, 4, 1000), expected)


@pytest.mark.parametrize("n", [0, 1, 2, 101])
def test_a_permutation_holds_each_index_once(n: int) -> None:
    order = permutation(0, 0, n)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 0, Stream.CUTOUT, [0], 1), "seed must not be negative, but got -1"),
        ((0, -2, Stream.CUTOUT, [0], 1), "epoch must not be negative, but got -2"),
        ((0, 0, Stream.CUTOUT, [4, -3], 1), "sample must not be negative, but got -3"),
        ((0, 0, Stream.CUTOUT, np.array([4, -3]), 1), "sample must not be negative, but got -3"),
        ((0, 0, Stream.CUTOUT, [4], 1, -1), "start must not be negative, but got -1"),
        ((2**63, 0, Stream.CUTOUT, [4], 1), "seed must fit in 64 bits"),
        ((0, 0, Stream.CUTOUT, np.array([2**63], np.uint64), 1), "sample must fit in 64 bits"),
    ],
)
def test_a_key_out_of_range_is_named(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        uniforms(*arguments)


def test_a_key_that_is_no_integer_is_named() -> None:
    with pytest.raises(TypeError, match=r"^seed must be an integer, but got 0\.5$"):
        permutation(0.5, 0, 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^epoch must be an integer, but got True$"):
        permutation(0, True, 3)
    with pytest.raises(TypeError, match=r"^sample must be an integer, but got 1\.5$"):
        uniforms(0, 0, Stream.CUTOUT, [0, 1.5], 1)  # type: ignore[list-item]
