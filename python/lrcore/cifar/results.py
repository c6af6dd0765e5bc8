"""What a trained model is worth: one look at the test images, numbers and figures."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from safetensors.numpy import save

from lrcore.atomic_write import write_atomically
from lrcore.cifar.evaluation.predictions import Predictions
from lrcore.cifar.experiment import Experiment
from lrcore.cifar.figures import save_history, save_trace
from lrcore.cifar.run import Run
from lrcore.cifar.run_folder import Epoch, RunFolder
from lrcore.cifar.settings import Settings
from lrcore.cifar.trainer import Arrays, Metrics


@dataclass(frozen=True)
class Outcome:
    """What a finished run tells: the history, the test metrics and the wall time of the training, in seconds."""

    history: tuple[Epoch, ...]
    test: Metrics
    seconds: float


def write_results(run: Run, settings: Settings, experiment: Experiment, folder: RunFolder) -> Outcome:
    """Evaluate on the test images, once, and write weights, figures and result.json."""
    history = run.state.history
    predictions = experiment.test.predictions(run.trainer)
    outcome = Outcome(tuple(history), Metrics.of(predictions), sum(epoch.seconds for epoch in history))
    weights = run.trainer.state().weights
    content = save(dict(weights), {"format": "lrcore-weights", "model": settings.model})
    write_atomically(folder.path / "weights.safetensors", content)  # as `lrcore cifar convert` reads it
    save_history({settings.framework: history}, folder.path / "history.png")
    save_trace({settings.framework: folder.trace()}, folder.path / "trace.png")
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


def _by_class(predictions: Predictions, classes: tuple[str, ...]) -> dict[str, Any]:
    accuracies = predictions.class_accuracy.tolist()
    return {
        "classes": list(classes),
        "confusion_matrix": predictions.confusion.tolist(),
        "per_class_accuracy": [None if math.isnan(accuracy) else accuracy for accuracy in accuracies],
    }


def _sha256(weights: Arrays) -> str:
    """Of the numbers alone: the bytes of a safetensors file also depend on the order of its metadata, which varies."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(f"{name} {weights[name].dtype} {weights[name].shape}".encode())
        digest.update(weights[name].tobytes())
    return digest.hexdigest()
