from __future__ import annotations

import numpy as np
import pytest

import lrcore._core as _core


def numpys_words(seed: int, epoch: int, stream: int, sample: int, start: int, width: int) -> np.ndarray:
    philox = np.random.Philox(key=[seed, 0], counter=[0, sample, epoch, stream])
    return philox.random_raw(start + width)[start:]


def words(numbers: list[int]) -> np.ndarray:
    return np.array(numbers, np.uint64)


@pytest.mark.parametrize("width", [0, 1, 3, 4, 5, 33])
def test_the_words_are_those_of_numpys_philox(width: int) -> None:
    samples, starts = [5, 0, 2**63, 5, 5], [0, 1, 6, 4, 5]
    rows = _core.philox_words(2**63 - 1, 3, 2, words(samples), words(starts), width)
    expected = [numpys_words(2**63 - 1, 3, 2, *row, width) for row in zip(samples, starts, strict=True)]
    np.testing.assert_array_equal(rows, np.array(expected, np.uint64))
    assert rows.dtype == np.uint64


def test_no_samples_give_no_rows() -> None:
    assert _core.philox_words(0, 0, 0, words([]), words([]), 7).shape == (0, 7)


def test_strided_samples_are_read_as_they_are() -> None:
    samples = np.arange(20, dtype=np.uint64)
    rows = _core.philox_words(1, 2, 3, samples[::-3], np.zeros(20, np.uint64)[::-3], 4)
    np.testing.assert_array_equal(rows, _core.philox_words(1, 2, 3, samples[::-3].copy(), words([0] * 7), 4))


def test_unsuitable_arrays_are_refused() -> None:
    for samples in (np.zeros(1), np.array([-1])):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            _core.philox_words(0, 0, 0, samples, words([0]), 1)
    with pytest.raises(ValueError, match=r"^starts must hold 2 numbers, but got 1$"):
        _core.philox_words(0, 0, 0, words([0, 1]), words([0]), 1)
    with pytest.raises(ValueError, match=r"^samples must have 1 dimension, but got 2$"):
        _core.philox_words(0, 0, 0, np.zeros((1, 1), np.uint64), words([0]), 1)
