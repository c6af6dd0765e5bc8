from __future__ import annotations

import numpy as np
import pytest

import lrcore._core as _core

RANDOM = np.random.default_rng(0)
TABLES = RANDOM.normal(size=(3, 256)).astype(np.float32)
LEVELS = RANDOM.integers(0, 256, (4, 5, 3), dtype=np.uint8)


def test_every_level_is_looked_up_in_the_table_of_its_channel() -> None:
    result = _core.apply_lookup_table(LEVELS, TABLES)
    np.testing.assert_array_equal(result, TABLES[np.arange(3), LEVELS])
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    assert result.flags.owndata


def test_a_view_is_read_as_it_is_and_the_result_is_contiguous() -> None:
    view = LEVELS[::-2].transpose(1, 0, 2)
    result = _core.apply_lookup_table(view, TABLES)
    np.testing.assert_array_equal(result, TABLES[np.arange(3), view])
    assert result.flags.c_contiguous


def test_no_levels_give_no_numbers() -> None:
    assert _core.apply_lookup_table(LEVELS[:0], TABLES).shape == (0, 5, 3)


def test_mismatched_arrays_are_refused() -> None:
    for levels, tables in ((LEVELS.astype(np.int64), TABLES), (LEVELS, TABLES.astype(np.float64))):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            _core.apply_lookup_table(levels, tables)
    with pytest.raises(ValueError, match=r"^levels must hold 2 numbers a pixel, but got 15$"):
        _core.apply_lookup_table(LEVELS[0], TABLES[:2])
    with pytest.raises(ValueError, match=r"^tables must hold 256 numbers a channel, but got 765$"):
        _core.apply_lookup_table(LEVELS, TABLES[:, 1:].copy())
