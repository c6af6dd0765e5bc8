"""Images, batches and initial weights that both frameworks share in a run, all made in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrcore.cifar._quiet import suppress_stderr
from lrcore.cifar.data import Dataset
from lrcore.cifar.data.dataset import stratified_split
from lrcore.cifar.evaluation import Predictions
from lrcore.cifar.models import MODELS, ModelSpec, initial_weights
from lrcore.cifar.models.weights import Weights
from lrcore.cifar.pipeline.augment import Augmentation, Flip, PadCrop
from lrcore.cifar.pipeline.batches import Batch, Batches
from lrcore.cifar.pipeline.cutout import Cutout
from lrcore.cifar.pipeline.standardize import Standardise
from lrcore.cifar.training.settings import FRAMEWORKS, Settings
from lrcore.cifar.training.trainer import Trainer

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
        """Predictions of a trainer's model for each image."""
        return Predictions(trainer.predict(self.batches()), self.labels)


@dataclass(frozen=True)
class Experiment:
    """One model on one data set, before a framework is chosen."""

    spec: ModelSpec
    weights: Weights
    training: Batches
    validation: ImageSet
    test: ImageSet
    classes: tuple[str, ...]

    @classmethod
    def prepare(cls, settings: Settings, data: Dataset) -> Experiment:
        """Split the data, fit the standardisation on the training part, and draw the initial weights.

        Raises:
            ValueError: When there are too few images to hold some out for validation.
        """
        spec = MODELS[settings.model]
        training, validation = stratified_split(data.train_labels, settings.seed)
        if len(validation) == 0:
            raise ValueError(f"{data.source} must have two training images of a class, to hold one out for validation")
        images, labels = data.train_images[training], data.train_labels[training]
        standardise = Standardise.fit(images)
        cutout = _guide_cutout(standardise, images) if settings.cutout else None
        return cls(
            spec=spec,
            weights=initial_weights(spec, settings.seed),
            training=Batches(
                images, labels, settings.batch_size, settings.seed, standardise, cutout, _augment(settings)
            ),
            validation=ImageSet(data.train_images[validation], data.train_labels[validation], standardise),
            test=ImageSet(data.test_images, data.test_labels, standardise),
            classes=data.classes,
        )

    def trainer(self, settings: Settings) -> Trainer:
        """A fresh model with the initial weights in the framework of `settings`."""
        return trainer_class(settings.framework)(self.spec, self.weights, settings)


def trainer_class(framework: str) -> Callable[..., Trainer]:
    """The trainer of a framework, which is imported here and nowhere earlier.

    Raises:
        ValueError: When there is no such framework.
        ImportError: When it is not installed; the sentence names the extra.
    """
    try:
        if framework == "torch":
            from lrcore.cifar.training.torch_trainer import TorchTrainer

            return TorchTrainer
        if framework == "keras":
            with suppress_stderr():
                from lrcore.cifar.training.keras_trainer import KerasTrainer

            return KerasTrainer
    except ImportError as error:
        raise ImportError(f"{framework} cannot be imported ({error}): pip install 'lrcore[{framework}]'") from error
    raise ValueError(f"framework must be one of {', '.join(FRAMEWORKS)}, but got {framework!r}")


def _augment(settings: Settings) -> tuple[Augmentation, ...]:
    """The random changes of the images that were asked for, as cifar10-fast makes them."""
    return (*([PadCrop()] if settings.pad_crop else []), *([Flip()] if settings.flip else []))


def _guide_cutout(standardise: Standardise, images: npt.NDArray[np.uint8]) -> Cutout:
    """The guide's cutout: pixel-level noise between the smallest and the largest standardised pixel."""
    extremes = standardise(np.stack([images.min(axis=(0, 1, 2)), images.max(axis=(0, 1, 2))])[:, None, None, :])
    return Cutout(v_l=float(extremes.min()), v_h=float(extremes.max()), pixel_level=True)
