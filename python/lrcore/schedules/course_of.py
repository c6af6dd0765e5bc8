"""How long every schedule goes on, and where its phases begin: the one place that knows."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import replace

from lrcore.schedules.clip import Clip
from lrcore.schedules.combined_courses import at_once, ended, in_rounds, in_sequence
from lrcore.schedules.constant import Constant
from lrcore.schedules.cooldown import Cooldown
from lrcore.schedules.cosine import Cosine
from lrcore.schedules.cosine_restarts import CosineRestarts
from lrcore.schedules.course import Course, first_of
from lrcore.schedules.cycles import LAST_STEP, Cycles
from lrcore.schedules.cyclic import Cyclic, CyclicMomentum
from lrcore.schedules.delay import Delay
from lrcore.schedules.exponential import Exponential
from lrcore.schedules.exponential_decay import ExponentialDecay
from lrcore.schedules.family_courses import (
    LEVEL,
    decay,
    exponential_decay,
    levels,
    one_cycle,
    scaled_cycles,
    stopped,
)
from lrcore.schedules.inverse_sqrt import InverseSqrt
from lrcore.schedules.inverse_time import InverseTime
from lrcore.schedules.linear import Linear
from lrcore.schedules.multi_step import MultiStep
from lrcore.schedules.noam import Noam
from lrcore.schedules.offset import Offset
from lrcore.schedules.one_cycle import OneCycle, OneCycleMomentum
from lrcore.schedules.piecewise_constant import PiecewiseConstant
from lrcore.schedules.piecewise_cosine import PiecewiseCosine
from lrcore.schedules.piecewise_linear import PiecewiseLinear
from lrcore.schedules.polynomial import Polynomial
from lrcore.schedules.product import Product
from lrcore.schedules.repeat import Repeat
from lrcore.schedules.scaled import Scaled
from lrcore.schedules.schedule import Schedule
from lrcore.schedules.sequence import Sequence
from lrcore.schedules.step import Step
from lrcore.schedules.tabulated import Tabulated
from lrcore.schedules.tanh import Tanh
from lrcore.schedules.until import Until
from lrcore.schedules.warmup import Warmup
from lrcore.schedules.warmup_stable_decay import WarmupStableDecay


def course_of(schedule: Schedule) -> Course:
    """The course of a schedule of any class.

    Example:
        >>> course_of(Cosine(0.1, decay_steps=300))
        Course(length=301, held_from=300, whole=300, raises_from=None, ...)
        >>> course_of(Warmup(Linear(0.1, 0.0, total_steps=300), steps=50)).whole
        350
    """
    course = _ending(schedule) or _endless(schedule) or _combined(schedule) or Course(100)
    last = LAST_STEP if course.raises_from is None else course.raises_from - 1
    return course if (course.held_from or 0) <= last else replace(course, held_from=None)


def _ending(schedule: Schedule) -> Course | None:
    match schedule:
        case Constant():
            return LEVEL
        case Tabulated(lrs=lrs):
            return Course.through(len(lrs))
        case Linear(total_steps=steps) | Exponential(total_steps=steps):
            return Course.through(steps)
        case OneCycle(total_steps=steps, pct_start=rise, three_phase=three_phase):
            return one_cycle(steps, rise, three_phase)
        case OneCycleMomentum(total_steps=steps, pct_start=rise, three_phase=three_phase):
            return one_cycle(steps, rise, three_phase)
        case PiecewiseConstant(boundaries=steps) | MultiStep(milestones=steps):
            return levels(steps)
        case PiecewiseLinear(milestones=steps) | PiecewiseCosine(milestones=steps):
            return Course.falling_to(steps[-1], steps)
        case Cosine(decay_steps=steps, end=end) if end != "hold":
            return ended(Course(steps + 1, whole=steps), end)
        case Cosine(decay_steps=steps) | Tanh(decay_steps=steps) | Polynomial(decay_steps=steps, cycle=False):
            return Course.falling_to(steps)
        case WarmupStableDecay(warmup_steps=rise, stable_steps=stable, decay_steps=fall):
            return Course.falling_to(rise + stable + fall, [rise, rise + stable])
    return None


def _endless(schedule: Schedule) -> Course | None:
    match schedule:
        case Step(step_size=steps):
            return Course(5 * steps, cycles=(Cycles(steps, stairs=True),))
        case ExponentialDecay():
            return exponential_decay(schedule)
        case InverseTime(decay_rate=rate, decay_steps=steps, staircase=staircase):
            return decay(steps, 9 / rate, staircase) if rate > 0 else LEVEL  # down to a tenth
        case InverseSqrt(timescale=int() as timescale, warmup_steps=steps):
            return Course(steps + 8 * timescale, joints=(steps,) if steps else ())  # down to a third
        case Noam(warmup_steps=steps):
            return Course(6 * steps, joints=(steps - 1,) if steps > 1 else ())
        case Polynomial(decay_steps=steps):
            return Course.again(Cycles(steps, begin=1, whole=(-1, 0)))
        case CosineRestarts(first_period=steps, period_mult=growth, cycles=count):
            cycles = Cycles(steps, growth=growth)
            return Course.again(cycles) if count is None else stopped(cycles, cycles.end_of(count))
        case Cyclic(step_size_up=up, step_size_down=int() as down, scale=scale, scale_mode=mode):
            return _cyclic(Cycles(up + down, joints=(up,)), scale, mode)
        case CyclicMomentum(step_size_up=up, step_size_down=int() as down, scale=scale, scale_mode=mode):
            return _cyclic(Cycles(up + down, joints=(up,)), scale, mode)
    return None


def _combined(schedule: Schedule) -> Course | None:
    match schedule:
        case Scaled(base=base) | Clip(base=base):
            return course_of(base)
        case Warmup(base=base, steps=steps, prefix=False):
            return course_of(base).shifted(-steps).shifted(steps).after(Course(steps))
        case Delay(base=base, steps=steps) | Warmup(base=base, steps=steps):
            return course_of(base).shifted(steps).after(Course(steps))
        case Offset(base=base, offset=steps):
            return course_of(base).shifted(-steps)
        case Cooldown(base=base, begin=begin, steps=steps):
            return Course.falling_to(begin + steps).after(course_of(base).cut(begin))
        case Sequence(schedules=schedules, milestones=milestones):
            return in_sequence([course_of(part) for part in schedules], milestones)
        case Product(schedules=schedules):
            return _product(schedules)
        case Repeat(base=base, period=period, count=count):
            return in_rounds(course_of(base).cut(period), count)
        case Until(base=base, total_steps=steps, end=end):
            return ended(course_of(base).cut(steps), end)
    return None


def _cyclic(cycles: Cycles, scale: Schedule | Items[float] | None, scale_mode: str) -> Course:
    if not isinstance(scale, Schedule):
        return Course.again(cycles)
    heights = course_of(scale)
    return scaled_cycles(cycles, heights, _zero_from(scale, heights), cycles.period if scale_mode == "cycle" else 1)


def _product(schedules: Items[Schedule]) -> Course:
    courses = [course_of(factor) for factor in schedules]
    return at_once(courses, first_of(*map(_zero_from, schedules, courses)))


def _zero_from(schedule: Schedule, course: Course) -> int | None:
    """The first step from which a schedule is held at zero, if it ever is."""
    return course.held_from if course.held_from is not None and schedule(course.held_from) == 0 else None
