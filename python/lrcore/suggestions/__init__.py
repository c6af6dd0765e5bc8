"""The readings of a range test that other finders give, as pure functions of its learning rates and losses."""

from __future__ import annotations

from lrcore.suggestions.fastai import minimum, slide, steep, trimmed_as_fastai, valley
from lrcore.suggestions.steepest import steepest_ignite, steepest_lightning, steepest_torch_lr_finder

__all__ = [
    "minimum",
    "slide",
    "steep",
    "steepest_ignite",
    "steepest_lightning",
    "steepest_torch_lr_finder",
    "trimmed_as_fastai",
    "valley",
]
