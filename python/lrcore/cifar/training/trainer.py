"""Interface of a trainer, whichever framework it drives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from lrcore.cifar.cam import FeatureGradients
from lrcore.cifar.evaluation import Predictions
from lrcore.cifar.models.batch_norm import BatchStatistics
from lrcore.cifar.pipeline.batches import Batch
from lrcore.range_test import RangeTest, RangeTestResult
from lrcore.schedules import Exponential, Schedule

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Arrays = Mapping[str, npt.NDArray[Any]]


class Update(NamedTuple):
    """One optimizer update: a row of the trace, and how many of its samples were classified correctly before it."""

    step: int
    lr: float
    read_back: float
    loss: float
    correct: int
    samples: int


@dataclass(frozen=True)
class Sweep:
    """A learning-rate range test to be done: `num_iter` updates from `start_lr` to `end_lr`, geometrically.

    Raises:
        ValueError: When the learning rates are not positive and rising, or there are fewer than two updates.
    """

    start_lr: float = 1e-5
    end_lr: float = 10.0
    num_iter: int = 100

    def __post_init__(self) -> None:
        RangeTest(self.start_lr, self.end_lr, self.num_iter)

    def schedule(self) -> Exponential:
        """The learning rate of each update of the sweep."""
        return Exponential(self.start_lr, self.end_lr, self.num_iter)


class Metrics(NamedTuple):
    """Mean loss and accuracy over a set of images."""

    loss: float
    accuracy: float

    @classmethod
    def from_predictions(cls, predictions: Predictions) -> Metrics:
        """Metrics over the images that a model was shown."""
        return cls(float(predictions.losses.mean()), predictions.accuracy)


class TrainerState(NamedTuple):
    """Weights and momentum by their names in `initial_weights`, in its layout: the same for every framework."""

    weights: Arrays
    momentum: Arrays


class Trainer(Protocol):
    """A model and its optimizer in one framework.

    Batches are float32 images (N, 32, 32, 3) and int64 labels (N,), the same bytes for every framework. All randomness
    of update t is keyed by the seed and t, so that a state and a step are all that it takes to go on.
    """

    def range_test(self, batches: Sequence[Batch], sweep: Sweep) -> RangeTestResult:
        """Do the sweep over `batches` and put everything back as it was."""

    def follow(self, schedule: Schedule, step: int) -> None:
        """Let the next update be number `step`, and take its learning rate and all later ones from `schedule`."""

    def train(self, batches: Iterable[Batch], updates: int, on_update: Callable[[Update], None]) -> None:
        """Do one update on each of `updates` batches and report each; what `on_update` raises ends the training."""

    def predict(self, batches: Iterable[Batch]) -> npt.NDArray[np.float64]:
        """Logits (N, 10) of the images of `batches` in inference mode; trains nothing."""

    def feature_gradients(self, layer: str, images: Images, classes: Labels) -> FeatureGradients:
        """Output of `layer` for each image, and the gradient of its class's logit there; changes nothing."""

    @property
    def batch_statistics(self) -> BatchStatistics:
        """Function that measures the statistics with which BatchNorm normalises a batch in this framework."""

    def state(self) -> TrainerState:
        """A copy of the weights and the momentum."""

    def load(self, state: TrainerState) -> None:
        """Take over weights and momentum, also those of another framework."""
