"""The fields of a run of a range test, as its files, its mean and its figure read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lrcore._core import StopReason

Floats = npt.NDArray[np.float64]

COLUMNS = ("lrs", "losses", "smoothed_losses")
OPTIONAL_COLUMNS = ("group_lrs", "training_losses", "metrics")


class Run(Protocol):
    """The curve of one run, or the mean curve of several with these as its repeats; see `RangeTestResult`."""

    @property
    def lrs(self) -> Floats: ...
    @property
    def losses(self) -> Floats: ...
    @property
    def smoothed_losses(self) -> Floats: ...
    @property
    def stop_reason(self) -> StopReason: ...
    @property
    def group_lrs(self) -> Floats | None: ...
    @property
    def training_losses(self) -> Floats | None: ...
    @property
    def metrics(self) -> Floats | None: ...
    @property
    def repeats(self) -> Sequence[Run]: ...
