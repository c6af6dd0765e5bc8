"""The loss of a model on batches that it is not trained on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import torch
from torch.nn import Module

from lrcore.torch.batch_loss import LossFunction, mean_over_samples
from lrcore.torch.batches import without_lasting_workers
from lrcore.torch.measurement import Measurement
from lrcore.torch.model_inputs import ModelInputs
from lrcore.torch.modes import kept_modes


class Validation:
    """The mean loss and metric over the samples of the same batches at each call, in evaluation mode.

    Args:
        model: Which is evaluated, and whose modules keep their modes.
        loss_function: Of that model.
        loader: Is read once, at the first call; its batches stay in memory, where they are.
        read: Finds inputs and targets in a batch.
        batches: How many batches to take, None: all.
    """

    def __init__(
        self,
        model: Module,
        loss_function: LossFunction,
        loader: Iterable[Any],
        read: Callable[[Any], Any],
        batches: int | None,
    ) -> None:
        self._model = model
        self._loss_function = loss_function
        self.loader = loader
        self._read = read
        self._batches = batches

    @torch.no_grad()
    def __call__(self) -> Measurement:
        """Measure the model as it is now.

        Raises:
            ValueError: When the loader is empty.
        """
        with kept_modes([self._model]):
            self._model.eval()
            return mean_over_samples([self._loss_function(inputs) for inputs in self._inputs])

    @cached_property
    def _inputs(self) -> list[ModelInputs]:
        batches = islice(without_lasting_workers(self.loader), self._batches)
        inputs = [self._loss_function.inputs(self._read(batch)) for batch in batches]
        if not inputs:
            raise ValueError(f"val_loader must hold at least one batch, but {self.loader!r} is empty")
        return inputs


class ValidatedUpdate:
    """Does an update, then judges it by the validation loss.

    Args:
        update: Does it, and measures the training loss.
        validation: Measures what is recorded.
    """

    def __init__(self, update: Callable[[Sequence[Any]], Measurement], validation: Validation) -> None:
        self._update = update
        self._validation = validation

    def __call__(self, batches: Sequence[Any]) -> Measurement:
        """Do the update and measure both losses."""
        trained = self._update(batches)
        if not trained.updated:
            return trained
        validated = self._validation()
        # A gradient scaler keeps such a training loss from the parameters, so that validation would not show it.
        loss = validated.loss if math.isfinite(trained.loss) else trained.loss
        return validated._replace(loss=loss, training_loss=trained.loss)
