from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import lrcore._core as _core


@pytest.fixture(autouse=True)
def _same_number_afterwards() -> Iterator[None]:
    before = _core.num_threads()
    yield
    _core.set_num_threads(before)


def test_the_number_that_was_set_is_got() -> None:
    for number in (1, 2, 9, 2**63 - 1):
        _core.set_num_threads(number)
        assert _core.num_threads() == number


@pytest.mark.parametrize("number", [0, -1, -(2**63)])
def test_less_than_one_is_refused(number: int) -> None:
    before = _core.num_threads()
    with pytest.raises(ValueError, match=f"^num_threads must be at least 1, but got {number}$"):
        _core.set_num_threads(number)
    assert _core.num_threads() == before


@pytest.mark.parametrize("number", [2.0, None, "2"])
def test_a_non_integer_is_refused(number: Any) -> None:
    with pytest.raises(TypeError):
        _core.set_num_threads(number)
