"""The Keras trainer: `fit` with lrcore's optimizer and callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import keras
import numpy as np
import numpy.typing as npt

from lrcore.cifar.cam import FeatureGradients
from lrcore.cifar.cam.keras_features import feature_gradients
from lrcore.cifar.models import ModelSpec
from lrcore.cifar.models.batch_norm import BatchStatistics
from lrcore.cifar.models.keras_model import assign_keras_weights, build_keras_model, keras_weights, undecayed_variables
from lrcore.cifar.models.keras_state import KerasBatchStatistics, assign_keras_momentum, keras_momentum
from lrcore.cifar.models.weights import Weights
from lrcore.cifar.pipeline.batches import Batch
from lrcore.cifar.pipeline.random_streams import dropout_seed
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.trainer import Images, Labels, Sweep, TrainerState, Update
from lrcore.keras import SGD, BatchLoss, ScheduleCallback, lr_find
from lrcore.range_test import RangeTestResult
from lrcore.schedules import Schedule


class KerasTrainer:
    """Trains a CIFAR model with SGD-Nesterov; see `lrcore.cifar.training.trainer.Trainer`."""

    def __init__(self, spec: ModelSpec, weights: Weights, settings: Settings) -> None:
        self._seed = settings.seed
        self._model = build_keras_model(spec, weights)
        # Each update gets its learning rate from `follow` or from a range test.
        optimizer = SGD(1.0, momentum=settings.momentum, weight_decay=spec.weight_decay, nesterov=settings.momentum > 0)
        optimizer.exclude_from_weight_decay(var_list=undecayed_variables(self._model, spec))
        optimizer.build(self._model.trainable_variables)
        self._correct = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        # jit_compile=False: inside XLA the update could not run in the core.
        self._model.compile(optimizer, loss, metrics=[self._correct], jit_compile=False)

    def range_test(self, batches: Sequence[Batch], sweep: Sweep) -> RangeTestResult:
        """Do the sweep over `batches` and put everything back as it was."""
        self._seed_dropout(0)
        return lr_find(
            self._model,
            _BatchList(batches),
            start_lr=sweep.start_lr,
            end_lr=sweep.end_lr,
            num_iter=sweep.num_iter,
            progress=False,
        )

    def follow(self, schedule: Schedule, step: int) -> None:
        """Let the next update be number `step`, and take its learning rate and all later ones from `schedule`."""
        self._scheduling = ScheduleCallback(schedule)
        self._scheduling.load_state_dict({**self._scheduling.state_dict(), "step": step})

    def train(self, batches: Iterable[Batch], updates: int, on_update: Callable[[Update], None]) -> None:
        """Do one update on each of `updates` batches and report each; what `on_update` raises ends the training."""
        self._seed_dropout(self._scheduling.step)
        loss = BatchLoss()
        # Called in this order at the end of a batch: the report comes last, when the schedule has moved on.
        callbacks = [loss, self._scheduling, _Report(self._scheduling, loss, self._correct, on_update)]
        self._model.fit(
            (batch for batch in batches),  # Keras takes generators only
            steps_per_epoch=updates,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )

    def predict(self, batches: Iterable[Batch]) -> npt.NDArray[np.float64]:
        """Logits (N, 10) of the images of `batches` in inference mode; trains nothing."""
        return np.concatenate([self._model.predict_on_batch(images) for images, _ in batches]).astype(np.float64)

    def feature_gradients(self, layer: str, images: Images, classes: Labels) -> FeatureGradients:
        """Output of `layer` for each image, and the gradient of its class's logit there; changes nothing."""
        return feature_gradients(self._model, layer, images, classes)

    @property
    def batch_statistics(self) -> BatchStatistics:
        """Function that measures the statistics with which BatchNorm normalises a batch in this framework."""
        return KerasBatchStatistics

    def state(self) -> TrainerState:
        """A copy of the weights and the momentum."""
        return TrainerState(keras_weights(self._model), keras_momentum(self._model, self._model.optimizer))

    def load(self, state: TrainerState) -> None:
        """Take over weights and momentum, also those of another framework."""
        assign_keras_weights(self._model, state.weights)
        assign_keras_momentum(self._model, self._model.optimizer, state.momentum)

    def _seed_dropout(self, step: int) -> None:
        """Let every dropout layer draw what is keyed by the seed and the index of the update.

        Keras draws from [seed of the layer, number of draws], one draw for each update, and counts by itself.
        """
        layers = [layer for layer in self._model.layers if isinstance(layer, keras.layers.Dropout)]
        for number, layer in enumerate(layers):
            layer.seed_generator.state.assign([dropout_seed(self._seed, number) % 2**32, step])


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
    """Tells `on_update` of each update."""

    def __init__(
        self,
        scheduling: ScheduleCallback,
        loss: BatchLoss,
        correct: keras.metrics.SparseCategoricalAccuracy,
        on_update: Callable[[Update], None],
    ) -> None:
        super().__init__()
        self._scheduling, self._loss, self._metric, self._on_update = scheduling, loss, correct, on_update
        self._correct, self._samples = 0, 0

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        correct, samples = int(self._metric.total), int(self._metric.count)  # of the epoch so far
        step, lr = self._scheduling.step - 1, self._scheduling.last_lr
        assert lr is not None
        update = Update(step, lr, self._read_back(), self._loss.last, correct - self._correct, samples - self._samples)
        self._correct, self._samples = correct, samples
        self._on_update(update)

    def _read_back(self) -> float:
        return float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
