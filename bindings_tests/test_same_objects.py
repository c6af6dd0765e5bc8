from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

import pytest

import lrcore._core as _core


class Awkward:
    """Has no truth in its comparisons, like a tensor."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = object.__hash__


A, B, C = Awkward(), Awkward(), Awkward()


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [([], [], True), ([A], [A], True), ([A, B], [A, B], True), ([A, B], [B, A], False), ([A], [A, B], False)],
)
def test_lists_are_compared_by_identity(first: list[Any], second: list[Any], same: bool) -> None:
    assert _core.same_objects(first, second) is same


def test_equal_objects_are_not_the_same() -> None:
    assert not _core.same_objects([[]], [[]])
    assert not _core.same_items({"a": []}, ["a"], [[]])
    assert not _core.same_values([{"a": []}], "a", [[]])


@pytest.mark.parametrize("make", [dict, OrderedDict, lambda items: defaultdict(dict, items)])
def test_items_are_compared_by_identity_and_order(make: Any) -> None:
    items = make({A: B, B: C})
    assert _core.same_items(items, [A, B], [B, C])
    for keys, values in (([B, A], [C, B]), ([A, B], [B, A]), ([A, C], [B, C]), ([A], [B]), ([A, B, C], [B, C, A])):
        assert not _core.same_items(items, keys, values)
    assert _core.same_items(make({}), [], [])


def test_values_under_a_key_are_compared_by_identity() -> None:
    dicts = [{"x": A, "y": B}, {"x": B}]
    assert _core.same_values(dicts, "x", [A, B])
    assert not _core.same_values(dicts, "x", [B, A])
    assert not _core.same_values(dicts, "x", [A])
    assert not _core.same_values(dicts, "y", [B, None])
    assert _core.same_values([], "x", [])


def test_a_default_is_not_made() -> None:
    values: Any = defaultdict(dict)
    assert not _core.same_values([values], "x", [A])
    assert values == {}


def test_types_are_exact() -> None:
    assert _core.have_types([], [int])
    assert _core.have_types([1, None, A], [int, type(None), Awkward])
    assert not _core.have_types([1, True], [int])
    assert not _core.have_types([A], [])


def test_other_types_are_refused() -> None:
    for arguments in (((A,), [A]), ([A], (A,)), (None, [])):
        with pytest.raises(TypeError):
            _core.same_objects(*arguments)
    with pytest.raises(TypeError):
        _core.same_items([], [], [])
    assert not _core.same_values([A], "x", [A])
