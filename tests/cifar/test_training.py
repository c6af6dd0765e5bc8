"""Whole runs: what is left of one that goes wrong, and the demo."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from lrcore import Constant, Trace
from lrcore.cifar.data import load
from lrcore.cifar.demo import run_demo
from lrcore.cifar.experiment import Experiment
from lrcore.cifar.run_folder import RunFolder
from lrcore.cifar.settings import Settings
from lrcore.cifar.trainer import Sweep
from lrcore.cifar.training import run_config, train


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_a_run_that_diverges_is_recorded_whole(framework: str, cifar_folder: Path, tmp_path: Path) -> None:
    settings = Settings(framework, str(cifar_folder), "quick", Constant(1e6), epochs=1, batch_size=30, seed=0)
    data = load(settings.data)
    folder = RunFolder.create(tmp_path / "run", run_config(settings, data))
    train(settings, Experiment.prepare(settings, data), folder, Console(file=io.StringIO()))
    assert len(folder.trace()) == 6
    assert np.isnan(folder.trace().loss[-1])
    assert json.loads((folder.path / "result.json").read_text())["test_loss"] == "nan"


def test_ctrl_c_keeps_what_was_reached(cifar_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "lrcore", "train", "--schedule", "constant(0.001)", "--epochs", "1000"]
    command += ["--data", str(cifar_folder), "--batch-size", "180", "--out", "run"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if re.match(r"torch \d+/1000", line):
                process.send_signal(signal.SIGINT)
                break
        stderr = process.communicate()[1]
    assert process.returncode != 0
    assert "Traceback" not in stderr
    steps = Trace.read(tmp_path / "run" / "trace.csv").step
    np.testing.assert_array_equal(steps, np.arange(len(steps)))
    history = (tmp_path / "run" / "history.csv").read_text().splitlines()[1:]
    assert len(steps) - len(history) in (0, 1)  # one update per epoch; the last may have been cut short
    assert not (tmp_path / "run" / "result.json").exists()


def test_the_demo_trains_both_frameworks_between_the_bounds_that_it_found(cifar_folder: Path, tmp_path: Path) -> None:
    settings = Settings("torch", str(cifar_folder), "quick", Constant(1e-4), epochs=2, batch_size=16, seed=0)
    console = Console(file=io.StringIO())
    result = run_demo(settings, Sweep(1e-4, 1.0, 60), load(settings.data), tmp_path / "demo", console)
    found = result.suggestion
    assert found.base_lr is not None
    assert found.max_lr is not None
    assert (result.difference, result.updates) == (None, 24)
    rising = np.linspace(found.base_lr, found.max_lr, 13)
    for framework in ("torch", "keras"):
        lrs = RunFolder.open(tmp_path / "demo" / framework).trace().lr
        np.testing.assert_allclose(lrs, [*rising, *rising[-2:0:-1]], rtol=1e-14)
    figures = {path.name for path in (tmp_path / "demo").glob("*.png")}
    assert figures == {"history.png", "lr_traces.png", "range_test.png"}
