"""The same model, weights, batches and moving learning rate in both frameworks: the same losses."""

from __future__ import annotations

import keras
import numpy as np
import torch
from torch.nn import functional

from lrcore import Cyclic
from lrcore.cifar.models.keras_model import build_keras_model, undecayed_variables
from lrcore.cifar.models.torch_model import build_torch_model, parameter_groups
from lrcore.cifar.models.weights import initial_weights
from lrcore.cifar.models.zoo import GUIDE
from lrcore.keras import SGD as KerasSGD
from lrcore.torch import SGD as TorchSGD

UPDATES = 100
BATCH_SIZE = 8
SCHEDULE = Cyclic(1e-3, 5e-3, step_size_up=15, step_size_down=10)
SPEC = GUIDE.without_dropout()
WEIGHTS = initial_weights(SPEC, seed=0)


def batches() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(UPDATES, BATCH_SIZE, 32, 32, 3)), random.integers(0, 10, (UPDATES, BATCH_SIZE))


def torch_losses(images: np.ndarray, labels: np.ndarray) -> list[float]:
    model = build_torch_model(SPEC, WEIGHTS, dtype=torch.float64).train()
    optimizer = TorchSGD(parameter_groups(model, SPEC), lr=SCHEDULE(0), momentum=0.9, nesterov=True)
    losses = []
    for step in range(UPDATES):
        for group in optimizer.param_groups:
            group["lr"] = SCHEDULE(step)
        optimizer.zero_grad()
        loss = functional.cross_entropy(
            model(torch.from_numpy(images[step]).permute(0, 3, 1, 2)), torch.from_numpy(labels[step])
        )
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def keras_losses(images: np.ndarray, labels: np.ndarray) -> list[float]:
    keras.config.set_floatx("float64")  # so that the loss and the learning rate are float64 too
    try:
        model = build_keras_model(SPEC, WEIGHTS, dtype="float64")
        optimizer = KerasSGD(SCHEDULE(0), momentum=0.9, nesterov=True, weight_decay=SPEC.weight_decay)
        optimizer.exclude_from_weight_decay(var_list=undecayed_variables(model, SPEC))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        losses = []
        for step in range(UPDATES):
            optimizer.learning_rate = SCHEDULE(step)
            losses.append(float(model.train_on_batch(images[step], labels[step])))
            model.reset_metrics()
        return losses
    finally:
        keras.config.set_floatx("float32")


def test_100_updates_of_the_guides_cnn_in_float64_give_equal_losses() -> None:
    images, labels = batches()
    np.testing.assert_allclose(keras_losses(images, labels), torch_losses(images, labels), rtol=1e-9)
