from __future__ import annotations

import math

import numpy as np
import pytest

import lrcore._core as _core


def valley_by_pairs(losses: list[float]) -> int:
    """fastai's definition: from the lengths of the longest decreasing subsequences that end at each loss."""
    lengths: list[int] = []
    for i, loss in enumerate(losses):
        lengths.append(1 + max((lengths[j] for j in range(i) if losses[j] > loss), default=0))
    longest = max(lengths)
    end = lengths.index(longest)
    start, end = (0, 0) if longest == 1 else (end - longest, end)
    return start + int((end - start) / 3) + int((end - start) / 3 / 2)


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_comparing_every_pair(seed: int) -> None:
    random = np.random.default_rng(seed)
    for size in (1, 2, 3, 5, 17, 60):
        for losses in (random.normal(size=size), random.integers(0, 6, size), -np.sort(random.normal(size=size))):
            assert _core.valley(losses) == valley_by_pairs(losses.tolist())


def test_nan_is_neither_above_nor_below_anything() -> None:
    losses = np.random.default_rng(0).choice([math.nan, math.inf, -math.inf, 1.0, 2.0, 3.0, 4.0], (200, 12))
    for row in losses:
        assert _core.valley(row) == valley_by_pairs(row.tolist())


def test_the_last_loss_is_minus_one() -> None:
    assert _core.valley([2.0, 1.0, 3.0]) == -1


def test_it_takes_any_real_vector_and_nothing_else() -> None:
    falling = np.arange(24, dtype=np.float32)[::-2]
    assert _core.valley(falling) == _core.valley(falling.tolist()) == valley_by_pairs(falling.tolist())
    with pytest.raises(ValueError, match=r"^losses must have 1 dimension, but got 2$"):
        _core.valley(np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"^losses must hold at least 1 number$"):
        _core.valley([])
