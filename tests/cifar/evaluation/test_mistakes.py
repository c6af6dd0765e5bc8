"""The worst images and the evidence in them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lrcore.cifar.cam import METHODS, FeatureGradients
from lrcore.cifar.cam.torch_features import feature_gradients
from lrcore.cifar.evaluation import Predictions
from lrcore.cifar.evaluation.mistakes import explain_mistakes

random = np.random.default_rng(0)
PHOTOS = random.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
LABELS = random.integers(0, 10, 40)


def standardise(photos: np.ndarray) -> np.ndarray:
    return (photos / 64 - 2).astype(np.float32)


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))


def logits(net: nn.Module) -> np.ndarray:
    with torch.no_grad():
        answers: np.ndarray = net(torch.from_numpy(standardise(PHOTOS)).permute(0, 3, 1, 2)).numpy()
    return answers


@pytest.mark.parametrize("method", METHODS)
def test_the_worst_images_have_predicted_and_actual_class_maps(method: str) -> None:
    net = model()
    predictions = Predictions(logits(net), LABELS)
    mistakes = explain_mistakes(predictions, PHOTOS, standardise, partial(feature_gradients, net, "1"), method, 5)
    assert mistakes is not None
    worst = predictions.misclassified[:5]
    np.testing.assert_array_equal(mistakes.indices, worst)
    np.testing.assert_array_equal(mistakes.photos, PHOTOS[worst])
    np.testing.assert_array_equal(mistakes.predictions.losses, predictions.losses[worst])
    assert (mistakes.total, mistakes.images) == (len(predictions.misclassified), 40)
    for maps, classes in ((mistakes.for_predicted, predictions.predicted), (mistakes.for_actual, LABELS)):
        assert (maps.layer, maps.method) == ("1", method)
        for index, image in enumerate(worst):
            inputs = standardise(PHOTOS[image : image + 1])
            expected = METHODS[method](feature_gradients(net, "1", inputs, classes[image : image + 1]))
            np.testing.assert_allclose(maps.raw[index], expected.raw[0], rtol=0, atol=1e-6)


def test_one_batch_serves_all_maps() -> None:
    net, batches = model(), []

    def recorded(images: np.ndarray, classes: np.ndarray) -> FeatureGradients:
        batches.append(len(images))
        return feature_gradients(net, "1", images, classes)

    explain_mistakes(Predictions(logits(net), LABELS), PHOTOS, standardise, recorded, "gradcam", count=7)
    assert batches == [14]


def never(*arguments: Any) -> Any:
    raise AssertionError("not to be called")


def test_where_nothing_is_misclassified_nothing_is_explained() -> None:
    perfect = Predictions(np.eye(10)[LABELS], LABELS)
    assert explain_mistakes(perfect, PHOTOS, never, never, "gradcam") is None


def test_fewer_mistakes_than_asked_for_are_all_taken() -> None:
    net = model()
    answers = 10 * np.eye(10)[LABELS]
    answers[[3, 30]] = -answers[[3, 30]]
    gradients = partial(feature_gradients, net, "1")
    mistakes = explain_mistakes(Predictions(answers, LABELS), PHOTOS, standardise, gradients, "gradcam", count=24)
    assert mistakes is not None
    np.testing.assert_array_equal(mistakes.indices, [3, 30])


def test_a_model_that_has_diverged_has_empty_maps() -> None:
    net = model()
    with torch.no_grad():
        net[3].weight.fill_(np.nan)
    gradients = partial(feature_gradients, net, "1")
    mistakes = explain_mistakes(Predictions(logits(net), LABELS), PHOTOS, standardise, gradients, "hirescam", count=3)
    assert mistakes is not None
    np.testing.assert_array_equal(mistakes.indices, [0, 1, 2])
    assert mistakes.for_predicted.empty.all()
    assert mistakes.for_actual.empty.all()


def test_unknown_methods_and_counts_below_1_are_refused() -> None:
    predictions = Predictions(logits(model()), LABELS)
    with pytest.raises(ValueError, match=r"^method must be one of gradcam, hirescam, but got 'cam'$"):
        explain_mistakes(predictions, PHOTOS, never, never, "cam")
    with pytest.raises(ValueError, match=r"^count must be at least 1, but got 0$"):
        explain_mistakes(predictions, PHOTOS, never, never, "gradcam", count=0)
