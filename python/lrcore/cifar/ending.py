"""Whether a run ends where its schedule does."""

from __future__ import annotations

from collections.abc import Sequence

from lrcore._arguments import positive_count
from lrcore.schedules import (
    Cosine,
    Cyclic,
    Exponential,
    Linear,
    MultiStep,
    OneCycle,
    PiecewiseConstant,
    PiecewiseCosine,
    PiecewiseLinear,
    Polynomial,
    Scaled,
    Schedule,
    Tabulated,
)


def ending_warning(schedule: Schedule, updates: int) -> str | None:
    """One sentence where a run stops before its schedule ends or goes on after that; None where both end together.

    A `Cyclic` ends with each whole cycle; `OneCycle`, `Linear` and `Exponential` end after total_steps updates, a
    `Tabulated` after len(lrs); `Cosine` and `Polynomial` after decay_steps or, at the last learning rate itself, one
    more, `PiecewiseLinear` and `PiecewiseCosine` likewise at their last milestone; `PiecewiseConstant` and `MultiStep`
    have to pass all their boundaries; `Constant`, `InverseTime`, `Step`, `ExponentialDecay` and a `Polynomial` in
    cycles have no end; a `Scaled` ends where its base does.

    Args:
        schedule: The learning rate of every update.
        updates: Optimizer updates of the run, at least 1: the last is update `updates` - 1.

    Raises:
        ValueError: When `updates` is less than 1.
        TypeError: When `updates` is not an integer.

    Example:
        >>> ending_warning(OneCycle(0.1, total_steps=300), updates=300)
        >>> ending_warning(Cyclic(1e-3, 1e-2, step_size_up=50), updates=230)
        'the run of 230 updates ends 30 updates into a cycle of 100: whole cycles end after 200 or 300 updates'
    """
    updates = positive_count("updates", updates)
    match schedule:
        case Scaled(base=base):
            return ending_warning(base, updates)
        case Cyclic(step_size_up=up, step_size_down=int() as down):
            return _unless_whole_cycles(up + down, updates)
        case OneCycle(total_steps=steps) | Linear(total_steps=steps) | Exponential(total_steps=steps):
            return _unless_between(steps, steps, updates)
        case Tabulated(lrs=lrs):
            return _unless_between(len(lrs), len(lrs), updates)
        case Cosine(decay_steps=steps) | Polynomial(decay_steps=steps, cycle=False):
            return _unless_between(steps, steps + 1, updates)
        case PiecewiseLinear(milestones=(*_, steps)) | PiecewiseCosine(milestones=(*_, steps)):
            return _unless_between(steps, steps + 1, updates)
        case PiecewiseConstant(boundaries=boundaries) | MultiStep(milestones=boundaries):
            return _unless_all_passed(boundaries, updates)
    return None


def _unless_whole_cycles(cycle: int, updates: int) -> str | None:
    into = updates % cycle
    if into == 0:
        return None
    nearest = " or ".join(str(whole) for whole in (updates - into, updates - into + cycle) if whole > 0)
    cut = f"the run of {_count(updates)} ends {_count(into)} into a cycle of {cycle}"
    return f"{cut}: whole cycles end after {nearest} updates"


def _unless_between(fewest: int, most: int, updates: int) -> str | None:
    if updates < fewest:
        return f"the run of {_count(updates)} stops {_count(fewest - updates)} before its schedule ends, at {fewest}"
    if updates > most:
        return f"the schedule ends after {_count(most)}: the run holds its last learning rate for {updates - most} more"
    return None


def _unless_all_passed(boundaries: Sequence[int], updates: int) -> str | None:
    beyond = [boundary for boundary in boundaries if boundary >= updates]
    if not beyond:
        return None
    name = "boundary" if len(beyond) == 1 else "boundaries"
    return f"the run of {_count(updates)} ends before the {name} {', '.join(map(str, beyond))} of its schedule"


def _count(updates: int) -> str:
    return f"{updates} update" if updates == 1 else f"{updates} updates"
