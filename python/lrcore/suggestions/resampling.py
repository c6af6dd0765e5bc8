"""How far a reading moves when the noise of the curve falls otherwise."""

from __future__ import annotations

import numpy as np

from lrcore.smoothing import half_width
from lrcore.suggestions.curve import Floats

RESAMPLES = 100
RESIDUAL_SCALE = 2.0


def resampled(losses: Floats, smoothed: Floats) -> Floats:
    """The smoothed curve with twice the residual of a random near point added to each point, shape (100, n).

    Near is within h points, the h of the smoothing, so noise that grows along the curve does so in every resample.
    Twice, as the reading also errs by the smoothing itself, of which resampled noise shows nothing. Past the lowest
    point there is no noise: where the loss explodes the residuals do too, and the descent is over.
    """
    generator, n = np.random.Generator(np.random.Philox(0)), len(losses)
    h, bottom = half_width(n), int(np.argmin(smoothed))
    near = np.arange(n) + generator.integers(-h, h, (RESAMPLES, n), endpoint=True)
    residuals = (losses - smoothed)[np.clip(near, 0, bottom)]
    return smoothed + np.where(np.arange(n) <= bottom, RESIDUAL_SCALE * residuals, 0.0)
