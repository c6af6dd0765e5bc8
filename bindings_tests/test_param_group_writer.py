from __future__ import annotations

import pytest

import lrcore._core as _core

HALVED = _core.Step(1.0, 1, 0.5)


class Tensor:
    def __init__(self, value: float) -> None:
        self.value = value

    def fill_(self, value: float) -> Tensor:
        self.value = value
        return self


def test_each_group_gets_the_value_of_its_schedule() -> None:
    groups = [{"lr": 7.0}, {"lr": 7}, {"lr": 7.0}]
    scheduled = _core.ParamGroupWriter([("lr", HALVED, [0, 1]), ("lr", _core.Constant(3.0), [2])])
    scheduled.write(groups, 2, 1.0)
    assert groups == [{"lr": 0.25}, {"lr": 0.25}, {"lr": 3.0}]


def test_the_factor_is_of_the_lr_alone() -> None:
    group = {"lr": 7.0, "momentum": 7.0, "weight_decay": 7.0, "betas": (7.0, 0.99)}
    _core.ParamGroupWriter([(key, HALVED, [0]) for key in group]).write([group], 1, 0.5)
    assert group == {"lr": 0.25, "momentum": 0.5, "weight_decay": 0.5, "betas": (0.5, 0.99)}


def test_betas_may_be_a_list() -> None:
    group = {"betas": [0.9, 0.99]}
    _core.ParamGroupWriter([("betas", HALVED, [0])]).write([group], 1, 1.0)
    assert group == {"betas": (0.5, 0.99)}


def test_tensors_are_filled() -> None:
    lr, beta = Tensor(7.0), Tensor(7.0)
    betas = (beta, 0.99)
    group = {"lr": lr, "betas": betas}
    _core.ParamGroupWriter([("lr", HALVED, [0]), ("betas", HALVED, [0])]).write([group], 1, 0.5)
    assert (group["lr"], group["betas"]) == (lr, betas)
    assert (lr.value, beta.value) == (0.25, 0.5)


@pytest.mark.parametrize(
    ("entries", "step", "error"),
    [
        ([("lr", HALVED, [0, 2])], 1, IndexError),
        ([("lr", HALVED, [0]), ("momentum", HALVED, [0])], 1, KeyError),
        ([("lr", HALVED, [0]), ("lr", _core.Until(HALVED, 1, "raise"), [1])], 1, ValueError),
        ([("lr", HALVED, [0])], -1, ValueError),
    ],
)
def test_an_unwritable_group_leaves_all_groups_unchanged(
    entries: list[tuple[str, object, list[int]]], step: int, error: type[Exception]
) -> None:
    groups = [{"lr": 7.0}, {"lr": 7.0}]
    with pytest.raises(error):
        _core.ParamGroupWriter(entries).write(groups, step, 1.0)
    assert groups == [{"lr": 7.0}, {"lr": 7.0}]


@pytest.mark.parametrize("groups", [None, {"lr": 1.0}, [1.0], [[("lr", 1.0)]]])
def test_groups_must_be_a_list_of_dicts(groups: object) -> None:
    with pytest.raises(TypeError):
        _core.ParamGroupWriter([("lr", HALVED, [0])]).write(groups, 1, 1.0)


@pytest.mark.parametrize("betas", [(), 0.9])
def test_betas_must_have_a_first_one(betas: object) -> None:
    group = {"betas": betas}
    with pytest.raises((TypeError, IndexError)):
        _core.ParamGroupWriter([("betas", HALVED, [0])]).write([group], 1, 1.0)
    assert group == {"betas": betas}
