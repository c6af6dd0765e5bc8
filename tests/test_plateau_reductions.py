"""Learning rates and reports when a plateau reduces them."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from lrcore import Plateau, Reduction

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("lr", "min_lr", "eps", "new_lrs"),
    [
        (0.5, 0.0, 0.0, (0.25,)),
        (0.5, 0.4, 0.0, (0.4,)),
        (1e-8, 0.0, 0.0, (5e-9,)),
        ([0.5, 0.3], 0.4, 0.0, (0.4, 0.3)),
        ([0.5, 0.3], [0.0, 0.2], 0.0, (0.25, 0.2)),
        ([0.5, 0.3], 0.0, [0.25, 0.125], (0.5, 0.15)),
        ((np.float32(0.5), 1), 0, 0, (0.25, 0.5)),
    ],
)
def test_every_lr_is_multiplied_by_the_factor_within_its_bounds(
    lr: Any, min_lr: Any, eps: Any, new_lrs: tuple[float, ...]
) -> None:
    reduction = Plateau(factor=0.5, patience=0).update(NAN, lr, min_lr, eps)
    assert reduction is not None
    assert reduction.new_lrs == new_lrs


@pytest.mark.parametrize(("lr", "min_lr", "eps"), [(0.3, 0.4, 0.0), (0.4, 0.4, 0.0), (0.5, 0.0, 0.25), (0.0, 0, 0)])
def test_nothing_is_told_where_nothing_falls(lr: float, min_lr: float, eps: float) -> None:
    assert Plateau(factor=0.5, patience=0).update(NAN, lr, min_lr, eps) is None


def test_a_reduction_reports_its_change_and_cause() -> None:
    plateau = Plateau(factor=0.5, patience=1, threshold=0.01, threshold_mode="abs")
    events = [plateau.update(metric, 0.5) for metric in (1.0, 0.5, 0.6, 0.495)]
    why = "2 metrics in a row, the last 0.495, were not better than the best 0.5 by the threshold 0.01 (abs)"
    assert events == [None, None, None, Reduction(3, 0.495, 0.5, (0.5,), (0.25,), why)]


def test_a_reduction_after_one_metric_or_without_a_best_says_so() -> None:
    plateau = Plateau(patience=0)
    assert plateau.update(INF, 1.0).why == "the metric inf was not finite"
    plateau.update(1.0, 1.0)
    assert plateau.update(2.0, 1.0).why == (
        "the metric 2.0 was not better than the best 1.0 by the threshold 0.0001 (rel)"
    )
    twice = Plateau(patience=1)
    twice.update(NAN, 1.0)
    assert twice.update(INF, 1.0).why == "2 metrics in a row, the last inf, were not finite"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"lr": -0.1}, "lr must be a finite number and not negative, but got -0.1"),
        ({"lr": NAN}, "lr must be a finite number and not negative, but got nan"),
        ({"lr": 0.1, "min_lr": INF}, "min_lr must be a finite number and not negative, but got inf"),
        ({"lr": 0.1, "eps": -1}, "eps must be a finite number and not negative, but got -1.0"),
        ({"lr": [0.1, 0.2], "min_lr": [0.1]}, "len(min_lrs) must be len(lrs)=2, but got 1"),
        ({"lr": 0.1, "eps": [0.1, 0.1]}, "len(eps) must be len(lrs)=1, but got 2"),
    ],
)
def test_a_bad_lr_is_refused_and_changes_nothing(arguments: dict[str, Any], sentence: str) -> None:
    plateau = Plateau()
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        plateau.update(1.0, **arguments)
    assert plateau.state_dict() == Plateau().state_dict()
