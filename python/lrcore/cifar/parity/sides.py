"""One framework's run of a pair, and the state that all runs start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from lrcore.cifar.models import MODELS, ModelSpec, initial_weights
from lrcore.cifar.parity.settings import ParitySettings
from lrcore.schedules import Schedule

Array = npt.NDArray[Any]


def _float32(value: float) -> float:
    """A number that passes through float32 unchanged, as which Keras casts its momentum and penalties."""
    return float(np.float32(value))


MOMENTUM = _float32(0.9)


@dataclass(frozen=True)
class InitialState:
    """Initial state of all runs: a model without dropout, its initial weights, and a schedule."""

    spec: ModelSpec
    weights: Mapping[str, npt.NDArray[np.float64]]
    schedule: Schedule

    @classmethod
    def from_settings(cls, settings: ParitySettings) -> InitialState:
        """The start that `settings` describe."""
        spec = MODELS[settings.model].without_dropout()
        spec = replace(spec, weight_decay=_float32(spec.weight_decay))
        return cls(spec, initial_weights(spec, settings.seed), settings.schedule)


class TraceRow(NamedTuple):
    """One update in the trace of a framework's run."""

    step: int
    lr: float
    read_back: float
    loss: float


class FrameworkRun(Protocol):
    """A model in float64, SGD with Nesterov momentum and coupled weight decay, and lrcore's schedule."""

    def update(self, images: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> TraceRow:
        """Do one update on images (N, 32, 32, 3); the loss is the mean cross-entropy, without penalties."""

    def weights(self) -> dict[str, Array]:
        """A copy of all weights and moving statistics, with the names and the layout of `initial_weights`."""
