"""Warning about a run that ends before its schedule does."""

from __future__ import annotations

from lrcore._validation import as_positive_int
from lrcore.schedules import Schedule
from lrcore.schedules._timeline import PeriodicSegment, Timeline


def run_length_warning(schedule: Schedule, updates: int) -> str | None:
    """One sentence where a run stops before its schedule ends or goes on after that; None where both end together.

    `Schedule.course` knows where a schedule ends. A way to a last learning rate ends there, or one update short of it
    where the number of steps says so (`Cosine`, not `Linear`); levels have to be reached and can last as long as one
    likes; cycles end with each whole cycle; a decay has no end.

    Args:
        schedule: The learning rate of every update.
        updates: Optimizer updates of the run, at least 1: the last is update `updates` - 1.

    Raises:
        ValueError: When `updates` is less than 1.
        TypeError: When `updates` is not an integer.

    Example:
        >>> from lrcore import Cyclic, OneCycle
        >>> run_length_warning(OneCycle(0.1, total_steps=300), updates=300)
        >>> run_length_warning(Cyclic(1e-3, 1e-2, step_size_up=50), updates=230)
        'the run of 230 updates ends 30 updates into a cycle of 100: whole cycles end after 200 or 300 updates'
    """
    updates = as_positive_int("updates", updates)
    course = schedule.course()
    if course.undefined_from is not None and updates > course.undefined_from:
        return f"the schedule has no learning rate at update {course.undefined_from}: the run would stop there"
    if course.complete_after is not None:
        return _unless_between(course.complete_after, course.constant_from, updates)
    return _unless_all_passed(course, updates) or _unless_whole_cycles(course, updates)


def _unless_between(fewest: int, last: int | None, updates: int) -> str | None:
    if updates < fewest:
        return f"the run of {_count(updates)} stops {_count(fewest - updates)} before its schedule ends, at {fewest}"
    if last is not None and updates > last + 1:
        ends = f"the schedule ends after {_count(last + 1)}"
        return f"{ends}: the run holds its last learning rate for {updates - last - 1} more"
    return None


def _unless_all_passed(course: Timeline, updates: int) -> str | None:
    beyond = [joint for joint in course.phase_starts if joint >= updates]
    if not beyond:
        return None
    name = "boundary" if len(beyond) == 1 else "boundaries"
    return f"the run of {_count(updates)} ends before the {name} {', '.join(map(str, beyond))} of its schedule"


def _unless_whole_cycles(course: Timeline, updates: int) -> str | None:
    return next(filter(None, (_unless_whole(cycles, updates) for cycles in course.unending_cycles)), None)


def _unless_whole(cycles: PeriodicSegment, updates: int) -> str | None:
    fewest = min(cycles.valid_stop_offsets)
    begin, end = cycles.bounds_at(updates - fewest)
    into = updates - fewest - begin
    if begin > cycles.begin and into + fewest in cycles.valid_stop_offsets:
        return None
    nearest = " or ".join(str(whole + fewest) for whole in (begin, end) if whole > max(cycles.begin, cycles.start))
    cut = f"the run of {_count(updates)} ends {_count(into)} into a cycle of {end - begin}"
    return f"{cut}: whole cycles end after {nearest} updates"


def _count(updates: int) -> str:
    return f"{updates} update" if updates == 1 else f"{updates} updates"
