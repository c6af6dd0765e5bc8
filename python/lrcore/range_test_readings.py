"""The readings of other finders, each on the stretch of the curve that its finder shows it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrcore.suggestions import (
    minimum,
    slide,
    steep,
    steepest_ignite,
    steepest_lightning,
    steepest_torch_lr_finder,
    trimmed_as_fastai,
    valley,
)

Floats = npt.NDArray[np.float64]


def readings(lrs: Floats, smoothed_losses: Floats) -> dict[str, float | None]:
    """The learning rate that each reading gives, by its name; None where it gives none."""
    trimmed = trimmed_as_fastai(lrs, smoothed_losses)
    return {
        **{reading.__name__: reading(*trimmed) for reading in (valley, slide, minimum, steep)},
        "steepest_torch_lr_finder": steepest_torch_lr_finder(lrs, smoothed_losses),
        "steepest_lightning": steepest_lightning(lrs, smoothed_losses),
        "steepest_ignite": steepest_ignite(lrs, smoothed_losses),
    }
