"""The Keras trainer: `fit` with lrcore's optimizer and callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import keras
import numpy as np
import numpy.typing as npt

from lrcore.cifar.batches import Batches
from lrcore.cifar.models.keras_model import build_keras_model, undecayed_variables
from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.trainer import Batch, Metrics, Sweep, Update
from lrcore.keras import SGD, BatchLoss, ScheduleCallback, lr_find
from lrcore.range_test_result import RangeTestResult
from lrcore.schedules import Schedule


class KerasTrainer:
    """Trains a CIFAR model with SGD-Nesterov under `schedule`; see `lrcore.cifar.trainer.Trainer`."""

    def __init__(
        self,
        spec: ModelSpec,
        weights: Mapping[str, npt.NDArray[np.float64]],
        schedule: Schedule,
        *,
        momentum: float,
        seed: int,
    ) -> None:
        keras.utils.set_random_seed(seed)  # dropout is the only randomness left: batches and weights come from NumPy
        self._model = build_keras_model(spec, weights)
        optimizer = SGD(schedule(0), momentum=momentum, weight_decay=spec.weight_decay, nesterov=momentum > 0)
        optimizer.exclude_from_weight_decay(var_list=undecayed_variables(self._model, spec))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        # jit_compile=False: inside XLA the update could not run in the core.
        self._model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
        self._scheduling = ScheduleCallback(schedule)

    def range_test(self, batches: Sequence[Batch], sweep: Sweep) -> RangeTestResult:
        """Do the sweep over `batches` and put everything back as it was."""
        return lr_find(
            self._model,
            _BatchList(batches),
            start_lr=sweep.start_lr,
            end_lr=sweep.end_lr,
            num_iter=sweep.num_iter,
            progress=False,
        )

    def train_epoch(self, batches: Batches, epoch: int, on_update: Callable[[Update], None]) -> Metrics:
        """Do one update per batch of that epoch, report each, and return the epoch's mean training metrics."""
        loss = BatchLoss()
        history = self._model.fit(
            batches.epoch(epoch),
            steps_per_epoch=len(batches),
            shuffle=False,
            verbose=0,
            callbacks=[loss, _Report(self._scheduling, loss, on_update), self._scheduling],
        ).history
        return Metrics(history["loss"][0], history["accuracy"][0])

    def evaluate(self, batches: Iterable[Batch]) -> Metrics:
        """Mean metrics over `batches` in inference mode; trains nothing."""
        result = self._model.evaluate(_BatchList(list(batches)), verbose=0, return_dict=True)
        return Metrics(result["loss"], result["accuracy"])


class _BatchList(keras.utils.PyDataset):
    """Batches as Keras takes them, so that it knows how many there are."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        super().__init__()
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        return self._batches[index]


class _Report(keras.callbacks.Callback):
    """Tells `on_update` of each update; stands before the schedule, which moves on to the next step."""

    def __init__(self, scheduling: ScheduleCallback, loss: BatchLoss, on_update: Callable[[Update], None]) -> None:
        super().__init__()
        self._scheduling, self._loss, self._on_update = scheduling, loss, on_update

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        step = self._scheduling.step
        read_back = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self._on_update(Update(step, self._scheduling.schedule(step), read_back, self._loss.last))
