"""Actions of `--on-divergence`."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from lrcore import Constant, PiecewiseConstant, Schedule
from lrcore.cifar.data import load
from lrcore.cifar.training.divergence import Diverged
from lrcore.cifar.training.experiment import Experiment
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.train import run_config, train


def trained(framework: str, schedule: Schedule, on_divergence: str, data: Path, out: Path) -> tuple[RunFolder, str]:
    settings = Settings(
        framework, str(data), "quick", schedule, 2, 30, seed=0, on_divergence=on_divergence, checkpoint_every=4
    )
    images = load(settings.data)
    folder = RunFolder.create(out, run_config(settings, images))
    shown = io.StringIO()
    train(settings, Experiment.prepare(settings, images), folder, Console(file=shown, width=500))
    return folder, shown.getvalue()


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_a_diverging_run_stops_and_keeps_its_records(framework: str, cifar_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Diverged, match=r"training diverged at update \d+: the loss "):
        trained(framework, Constant(1e6), "stop", cifar_folder, tmp_path / "run")
    folder = RunFolder.open(tmp_path / "run")
    trace = folder.trace()
    assert 1 <= len(trace) <= 4
    assert np.isfinite(trace.loss[:-1]).all()
    assert not folder.is_finished


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_a_rollback_restores_a_checkpoint_and_halves_the_lr(framework: str, cifar_folder: Path, tmp_path: Path) -> None:
    # Of the 12 updates, those from the seventh on would be done with a learning rate that is far too large; the
    # checkpoints are those of updates 0, 4, 6 (the end of the epoch), 8.
    schedule = PiecewiseConstant([7], [1e-3, 3.0])
    folder, shown = trained(framework, schedule, "rollback", cifar_folder, tmp_path / "run")
    events = [json.loads(line) for line in folder.log_path.read_text().splitlines()]
    rollbacks = [event for event in events if event["event"] == "rollback"]
    assert [event["scale"] for event in rollbacks] == [0.5**n for n in range(1, len(rollbacks) + 1)]
    assert all(event["message"] in shown for event in rollbacks)
    trace = folder.trace()
    np.testing.assert_array_equal(trace.step, np.arange(12))
    assert np.isfinite(trace.loss).all()
    last = rollbacks[-1]
    expected = schedule.values(0, 12)
    expected[last["step"] :] *= last["scale"]
    np.testing.assert_array_equal(trace.lr[last["step"] :], expected[last["step"] :])
    np.testing.assert_array_equal(trace.lr[:6], 1e-3)
    assert folder.is_finished


def test_a_ruinous_last_update_shows_in_the_validation_loss(cifar_folder: Path, tmp_path: Path) -> None:
    # The last of 6 updates of the second epoch: no loss of a later one can show it.
    schedule = PiecewiseConstant([11], [1e-3, 1e30])
    with pytest.raises(Diverged, match=r"^training diverged at update 11: the validation loss is not a finite number"):
        trained("torch", schedule, "stop", cifar_folder, tmp_path / "run")


def test_after_ten_halvings_a_run_gives_up(cifar_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Diverged):
        trained("torch", Constant(1e9), "rollback", cifar_folder, tmp_path / "run")
    log = (tmp_path / "run" / "log.jsonl").read_text()
    assert log.count('"rollback"') == 10
