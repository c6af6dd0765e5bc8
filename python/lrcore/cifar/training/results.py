"""Test results of a trained model: numbers and figures from one look at the test images."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from typing import Any

from safetensors.numpy import save

from lrcore._files import write_atomically
from lrcore.cifar.cam import choose_cam
from lrcore.cifar.evaluation import Predictions
from lrcore.cifar.evaluation.figures import save_class_accuracy, save_confusion, save_mistakes
from lrcore.cifar.evaluation.mistakes import explain_mistakes
from lrcore.cifar.models.batch_norm import reestimate_batch_norm
from lrcore.cifar.training.experiment import Experiment
from lrcore.cifar.training.figures import save_history, save_trace
from lrcore.cifar.training.run import Run
from lrcore.cifar.training.run_folder import Epoch, RunFolder
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.trainer import Arrays, Metrics, TrainerState


@dataclass(frozen=True)
class Outcome:
    """Result of a finished run: the history, the test metrics and the wall time of the training, in seconds."""

    history: tuple[Epoch, ...]
    test: Metrics
    seconds: float


def write_results(run: Run, settings: Settings, experiment: Experiment, folder: RunFolder) -> Outcome:
    """Evaluate on the test images, once, and write weights, figures and result.json."""
    if settings.reestimate_batch_norm > 0:
        _reestimate_batch_norm(run, settings, experiment)
    history = run.state.history
    predictions = experiment.test.predictions(run.trainer)
    outcome = Outcome(tuple(history), Metrics.from_predictions(predictions), sum(epoch.seconds for epoch in history))
    weights = run.trainer.state().weights
    content = save(dict(weights), {"format": "lrcore-weights", "model": settings.model})
    write_atomically(folder.path / "weights.safetensors", content)  # as `lrcore cifar convert` reads it
    _draw(run, settings, experiment, folder, predictions)
    folder.write_json(
        "result.json",
        {
            "test_loss": outcome.test.loss,
            "test_accuracy": outcome.test.accuracy,
            "seconds": outcome.seconds,
            "updates": run.updates,
            **_by_class(predictions, experiment.classes),
            "weights_sha256": _sha256(weights),
            "completed": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        },
    )
    return outcome


def _reestimate_batch_norm(run: Run, settings: Settings, experiment: Experiment) -> None:
    """Measure the moving statistics anew, on batches that would have come next."""
    weights, momentum = run.trainer.state()
    batches = islice(experiment.training.epoch(settings.epochs), settings.reestimate_batch_norm)
    weights = reestimate_batch_norm(experiment.spec, weights, batches, run.trainer.batch_statistics)
    run.trainer.load(TrainerState(weights, momentum))


def _draw(run: Run, settings: Settings, experiment: Experiment, folder: RunFolder, predictions: Predictions) -> None:
    save_history({settings.framework: run.state.history}, folder.path / "history.png")
    save_trace({settings.framework: folder.trace()}, folder.path / "trace.png")
    save_confusion(predictions.confusion, experiment.classes, folder.path / "confusion.png")
    save_class_accuracy(predictions, experiment.classes, folder.path / "class_accuracy.png")
    layer, method = choose_cam(experiment.spec, settings.cam_layer, settings.cam_method)
    test, gradients = experiment.test, partial(run.trainer.feature_gradients, layer)
    mistakes = explain_mistakes(predictions, test.images, test.standardise, gradients, method)
    save_mistakes(mistakes, experiment.classes, folder.path / "misclassified.png")


def _by_class(predictions: Predictions, classes: tuple[str, ...]) -> dict[str, Any]:
    accuracies = predictions.class_accuracy.tolist()
    return {
        "classes": list(classes),
        "confusion_matrix": predictions.confusion.tolist(),
        "per_class_accuracy": [None if math.isnan(accuracy) else accuracy for accuracy in accuracies],
    }


def _sha256(weights: Arrays) -> str:
    """Hash of the numbers alone: a safetensors file also varies with the order of its metadata."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(f"{name} {weights[name].dtype} {weights[name].shape}".encode())
        digest.update(weights[name].tobytes())
    return digest.hexdigest()
