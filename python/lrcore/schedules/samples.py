"""The values of a stretch of a schedule, or of what of it can be looked at."""

from __future__ import annotations

from itertools import islice
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lrcore.schedules.schedule import Schedule

Steps: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = npt.NDArray[np.float64]

MOST_STEPS = 1_000_000
SAMPLES = 10_000
JOINTS = 1_000


def samples(schedule: Schedule, start: int, stop: int) -> tuple[Steps, Values]:
    """Updates from `start` to `stop` - 1 and their values: all of them, or of more than a million some.

    These are evenly spaced ones, the last one, and the updates on both sides of the first thousand joints.

    Example:
        >>> from lrcore import Cosine
        >>> steps, lrs = samples(Cosine(0.5, decay_steps=10**12), 0, 10**12 + 1)
        >>> len(steps), steps.tolist()[-1], lrs.tolist()[-1]
        (10001, 1000000000000, 0.0)
    """
    if stop - start <= MOST_STEPS:
        return np.arange(start, stop), schedule.values(start, stop)
    even = range(start, stop, (stop - start) // SAMPLES)
    joints = islice(schedule.course().all_joints(start, stop), JOINTS)
    steps = sorted({*even, stop - 1, *(step for joint in joints for step in (joint - 1, joint))})
    return np.array(steps), np.array([schedule(step) for step in steps])
