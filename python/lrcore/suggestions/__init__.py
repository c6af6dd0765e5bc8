"""Learning rates that other finders suggest, as pure functions of a range test's learning rates and losses."""

from __future__ import annotations

from lrcore._public import set_public_module
from lrcore.suggestions._peers import (
    minimum,
    slide,
    steep,
    steepest_ignite,
    steepest_lightning,
    steepest_torch_lr_finder,
    trimmed_as_fastai,
    valley,
)

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

set_public_module(__name__)
