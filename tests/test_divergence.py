"""When a loss has diverged."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from lrcore import DivergenceDetector, Verdict


def verdicts(losses: list[float], factor: float = 4.0) -> str:
    """One letter a loss: o(k), d(iverged), n(onfinite)."""
    detector = DivergenceDetector(factor)
    return "".join(detector.update(loss).name[0] for loss in losses)


def test_positive_losses_diverge_above_factor_times_the_best() -> None:
    assert verdicts([2.0, 1.0, 4.0, 4.0000001, 3.9, 0.5, 2.0, 2.1]) == "ooodoood"


def test_negative_losses_diverge_by_their_distance_to_the_best() -> None:
    # best -10: scale max(10, -1 - -10) = 10, so the limit is -10 + 3 * 10 = 20
    assert verdicts([-1.0, -10.0, 19.9, 20.1]) == "oood"


def test_a_negative_loss_that_falls_never_diverges() -> None:
    assert verdicts([-float(i) for i in range(1, 400)]) == "o" * 399


def test_a_loss_that_falls_through_zero_does_not_diverge() -> None:
    # The best just below zero: its way down from 2, not its size, is the scale, so the limit is about 6.
    assert verdicts([2.0, 1.0, -0.001, 5.9, 6.1]) == "ooood"


def test_a_loss_that_has_reached_zero_is_judged_by_its_way_down() -> None:
    assert verdicts([2.0, 0.0, 5.9, 6.1]) == "oood"


def test_non_finite_losses_diverge_at_once_without_a_trace() -> None:
    detector = DivergenceDetector(4.0)
    assert detector.update(float("nan")) is Verdict.nonfinite
    assert detector.best is None
    detector.update(2.0)
    before = detector.state_dict()
    for loss in (float("inf"), float("-inf"), float("nan")):
        assert detector.update(loss) is Verdict.nonfinite
    assert detector.state_dict() == before
    assert detector.update(7.9) is Verdict.ok


def test_best_is_the_lowest_so_far() -> None:
    detector = DivergenceDetector()
    assert detector.best is None
    for loss, best in [(3.0, 3.0), (5.0, 3.0), (-1.0, -1.0)]:
        detector.update(loss)
        assert detector.best == best


def test_default_factor_matches_the_guide() -> None:
    assert DivergenceDetector().factor == 4.0


@pytest.mark.parametrize("shift", [1e-6, 1.0, 1e6])
def test_the_verdict_does_not_depend_on_the_scale(shift: float) -> None:
    assert verdicts([loss * shift for loss in (2.0, 1.0, 3.9, 4.1)]) == "oood"


def test_state_goes_through_json_and_on() -> None:
    first, second = DivergenceDetector(), DivergenceDetector()
    first.update(2.0)
    first.update(-1.0)
    second.load_state_dict(json.loads(json.dumps(first.state_dict(), allow_nan=False)))
    # best -1, first 2: the limit is -1 + 3 * 3 = 8
    assert [second.update(7.9), second.update(8.1)] == [Verdict.ok, Verdict.diverged]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"version": 0, "first": None, "best": None}, "the state's version must be 1, but got 0"),
        ({"version": 1, "first": 2.0}, "the state has no key 'best'"),
        ({"version": 1, "first": 1.0, "best": 2.0}, "best must not be greater than first=1.0, but got 2.0"),
    ],
)
def test_another_state_is_refused_and_changes_nothing(state: dict[str, Any], sentence: str) -> None:
    detector = DivergenceDetector()
    detector.update(3.0)
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        detector.load_state_dict(state)
    assert detector.best == 3.0


@pytest.mark.parametrize("factor", [1.0, 0.5, -4.0, float("nan"), float("inf")])
def test_factor_out_of_range_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match=f"^factor must be a finite number greater than 1, but got {factor}$"):
        DivergenceDetector(factor)


def test_a_loss_must_be_a_number() -> None:
    with pytest.raises(TypeError, match=r"^loss must be a number, but got None$"):
        DivergenceDetector().update(None)  # type: ignore[arg-type]
