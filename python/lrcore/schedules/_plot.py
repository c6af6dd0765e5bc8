"""The figure of a schedule."""

from __future__ import annotations

import textwrap
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from lrcore._axes import decorate, new_axes
from lrcore._validation import as_int, as_positive_int
from lrcore.schedules._base import Scaled, Schedule, compact_repr
from lrcore.schedules._decay import Exponential, ExponentialDecay
from lrcore.schedules._describe import Steps, Values, samples
from lrcore.schedules._piecewise import MultiStep, Step
from lrcore.schedules._timeline import Timeline
from lrcore.schedules._transforms import Clip, Delay, Offset, Until

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DECADE = 10
MOST_DOTS = 12
TITLE_LINES = 4
CHARACTER = 5  # points, of the title
LARGEST_DRAWN = 1e200  # the margins of the axes, of more still, must be finite too


def plot_schedule(
    schedule: Schedule,
    steps: int | None = None,
    ax: Axes | None = None,
    start: int = 0,
    steps_per_epoch: int | None = None,
) -> Axes:
    """Draw a schedule, with dots where its phases begin; one that goes by factors on a logarithmic axis.

    Args:
        schedule: What to draw.
        steps: Number of updates, at least 1; None for as many as the schedule lasts, or where it has no end for a
            stretch that shows its shape.
        ax: Where to draw; a new figure if None.
        start: First update to draw, at least 0.
        steps_per_epoch: Optimizer updates per epoch, at least 1, for an axis in epochs; None for one in updates.

    Raises:
        ValueError: When a number is out of range, or a value is greater than 1e200.
        TypeError: When a number is not an integer.
        ImportError: When matplotlib is not installed.
    """
    course, start = schedule.course(), as_int("start", start)
    stop = course.stop(start, None if steps is None else as_positive_int("steps", steps))
    unit = 1 if steps_per_epoch is None else as_positive_int("steps_per_epoch", steps_per_epoch)
    updates, values = samples(schedule, start, stop)
    _require_drawable(schedule.quantity, updates, values)
    ax = new_axes() if ax is None else ax
    ax.plot(updates / unit, values, linewidth=1.8, drawstyle=_drawstyle(values), **_dots(course, updates))
    ax.set(xlabel="update" if steps_per_epoch is None else "epoch", ylabel=schedule.quantity)
    if _goes_by_factors(schedule) and values.min() > 0 and values.max() >= DECADE * values.min():
        ax.set_yscale("log")
    elif values.min() == values.max() > 0:
        ax.set_ylim(0, 2 * values[0])  # else the axis shows a few thousandths of it
    _set_title(ax, compact_repr(schedule))
    decorate(ax)
    return ax


def _require_drawable(quantity: str, updates: Steps, values: Values) -> None:
    place = int(values.argmax())
    if values[place] > LARGEST_DRAWN:
        got = f"{values[place]} at update {updates[place]}"
        raise ValueError(f"{quantity} must be at most {LARGEST_DRAWN:g} to be drawn, but got {got}")


def _drawstyle(values: Values) -> str:
    """Steps where no two changes follow each other: a line would show slopes that are not there."""
    changes = np.flatnonzero(np.diff(values))
    return "steps-post" if changes.size and np.diff(changes).min(initial=2) > 1 else "default"


def _dots(course: Timeline, updates: Steps) -> dict[str, Any]:
    phase_starts = list(islice(course.iter_phase_starts(int(updates[0]), int(updates[-1]) + 1), MOST_DOTS + 1))
    if not 0 < len(phase_starts) <= MOST_DOTS:
        return {}
    return {"marker": "o", "markersize": 4, "markevery": np.searchsorted(updates, phase_starts).tolist()}


def _goes_by_factors(schedule: Schedule) -> bool:
    match schedule:
        case Exponential() | ExponentialDecay() | MultiStep() | Step():
            return True
        case Clip(base=base) | Delay(base=base) | Offset(base=base) | Scaled(base=base) | Until(base=base):
            return _goes_by_factors(base)
    return False


def _set_title(ax: Axes, title: str) -> None:
    characters = int(72 * ax.get_window_extent().width / ax.figure.dpi / CHARACTER)
    lines = textwrap.wrap(title, characters, max_lines=TITLE_LINES, placeholder=" ...", break_on_hyphens=False)
    ax.set_title("\n".join(lines), fontsize="small")
