"""Images that are only looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrcore.cifar.batches import Batch
from lrcore.cifar.evaluation.predictions import Predictions
from lrcore.cifar.standardise import Standardise
from lrcore.cifar.trainer import Trainer

BATCH_SIZE = 500


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Validation or test images, standardised as the training images are.

    Args:
        images: uint8, shape (N, 32, 32, 3).
        labels: int64, shape (N,).
        standardise: Turns uint8 images into float32.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    standardise: Standardise

    def batches(self) -> Iterator[Batch]:
        """The images in order, in batches that fit in memory."""
        for start in range(0, len(self.labels), BATCH_SIZE):
            part = slice(start, start + BATCH_SIZE)
            yield self.standardise(self.images[part]), self.labels[part]

    def predictions(self, trainer: Trainer) -> Predictions:
        """What a trainer's model says of each image."""
        return Predictions(trainer.predict(self.batches()), self.labels)
