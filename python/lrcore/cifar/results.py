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
from lrcore.cifar.trainer import Metrics


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
    weights_sha256 = _save_weights(run, settings, folder)
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
            "weights_sha256": weights_sha256,
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


def _save_weights(run: Run, settings: Settings, folder: RunFolder) -> str:
    """Write weights.safetensors, as `lrcore cifar convert` reads it, and return its hash."""
    metadata = {"format": "lrcore-weights", "model": settings.model}
    content = save(dict(run.trainer.state().weights), metadata)
    write_atomically(folder.path / "weights.safetensors", content)
    return hashlib.sha256(content).hexdigest()
