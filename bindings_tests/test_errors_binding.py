from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from lrcore import _core


@pytest.mark.parametrize(
    ("call", "argument", "message"),
    [
        (lambda: _core.Constant(-1.0), "lr", "lr must be a finite number greater than 0, but got -1.0"),
        (lambda: _core.Tabulated([]), "lrs", "len(lrs) must be at least 1, but got 0"),
        (
            lambda: _core.MultiStep(1.0, [3, 2], 0.5),
            "milestones",
            "milestones[1] must not be less than milestones[0]=3, but got 2",
        ),
        (lambda: _core.Constant(1.0).values(3, 2), "stop", "stop must not be less than start=3, but got 2"),
        (lambda: _core.valley(np.array([])), "losses", "losses must hold at least 1 number"),
        (lambda: _core.set_num_threads(0), "num_threads", "num_threads must be at least 1, but got 0"),
    ],
)
def test_argument_error_names_the_argument(call: Any, argument: str, message: str) -> None:
    with pytest.raises(_core.ArgumentError) as caught:
        call()
    assert caught.value.argument == argument
    assert str(caught.value) == message


def test_overlapping_gradients_are_an_error_of_grad_after() -> None:
    params, grad = [np.ones(4), np.ones(4)], np.ones(4)
    plan = _core.SgdPlan(lambda array: array.__dlpack__())
    plan.read(params, [grad, grad], [], [0, 0], [], [], [], [])
    with pytest.raises(_core.ArgumentError) as caught:
        plan.step([_core.SgdOptions(lr=0.1, grad_after="scaled")])
    assert caught.value.argument == "grad_after"


def test_argument_error_is_a_value_error_that_python_can_raise() -> None:
    error = _core.ArgumentError("lr must be 1", "lr")
    assert isinstance(error, ValueError)
    assert (str(error), error.argument) == ("lr must be 1", "lr")
    assert _core.ArgumentError("lr must be 1").argument is None


def test_argument_error_survives_pickling() -> None:
    copy = pickle.loads(pickle.dumps(_core.ArgumentError("lr must be 1", "lr")))
    assert (type(copy), str(copy), copy.argument) == (_core.ArgumentError, "lr must be 1", "lr")
