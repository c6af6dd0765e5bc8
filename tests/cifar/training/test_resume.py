"""Resuming an interrupted run bit for bit."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from lrcore import Cyclic, first_difference
from lrcore.cifar.data import load
from lrcore.cifar.training.experiment import Experiment
from lrcore.cifar.training.policies import OnPlateau
from lrcore.cifar.training.records import Records
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.train import ResumableRun, run_config, train
from lrcore.cifar.training.trainer import Update

CONSOLE = Console(file=io.StringIO())
UPDATES = 3 * 4  # 40 images in batches of 12


class Cut(BaseException):
    """Stands for whatever ends a process."""


def settings_for(framework: str, tiny_cifar_folder: Path, **changes: Any) -> Settings:
    """A run whose every piece of state matters: plateau, dropout, cutout, checkpoints in mid-epoch."""
    plateau = OnPlateau(0.02, factor=0.5, patience=0, threshold=0.5)
    settings = Settings(
        framework, str(tiny_cifar_folder), "guide", plateau, epochs=3, batch_size=12, seed=3, cutout=True
    )
    return replace(settings, checkpoint_every=3, **changes)


def run(settings: Settings, path: Path) -> RunFolder:
    data = load(settings.data)
    folder = RunFolder.create(path, run_config(settings, data))
    train(settings, Experiment.prepare(settings, data), folder, CONSOLE)
    return folder


def resume(path: Path, framework: str | None = None, out: Path | None = None) -> RunFolder:
    interrupted = ResumableRun.open(path)
    settings = interrupted.in_framework(framework)
    data = load(settings.data)
    folder = interrupted.continue_in(out, settings, data)
    train(settings, Experiment.prepare(settings, data), folder, CONSOLE, interrupted.checkpoint)
    return folder


def run_cut_at(update: int, settings: Settings, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends as soon as it has written down this update."""
    written: Callable[[Records, Update], None] = Records.update

    def write_and_end(records: Records, done: Update) -> None:
        written(records, done)
        if done.step == update:
            raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(Records, "update", write_and_end)
        with pytest.raises(Cut):
            run(settings, path)


def left_behind(folder: RunFolder) -> dict[str, Any]:
    """All that a run leaves but its wall times: trace (its bytes), history, log, last tensors, result."""
    checkpoint = folder.checkpoints.latest()
    assert checkpoint is not None
    history = list(csv.DictReader((folder.path / "history.csv").read_text().splitlines()))
    log = [json.loads(line) for line in folder.log_path.read_text().splitlines()]
    result = json.loads((folder.path / "result.json").read_text())
    for row in (*history, *log, result):
        row.pop("seconds", None)
    result.pop("completed", None)
    return {
        "trace": folder.trace_path.read_bytes(),
        "history": history,
        "log": log,
        "result": result,
        "tensors": {
            f"{part}/{name}": array.tobytes()
            for part in ("weights", "momentum")
            for name, array in getattr(checkpoint.tensors, part).items()
        },
    }


@pytest.fixture(scope="module")
def whole(tiny_cifar_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    """A run in each framework that nothing interrupts."""
    out = tmp_path_factory.mktemp("whole")
    return {
        framework: run(settings_for(framework, tiny_cifar_folder), out / framework) for framework in ("torch", "keras")
    }


def test_the_plateau_of_this_run_does_reduce_the_learning_rate(whole: dict[str, RunFolder]) -> None:
    for folder in whole.values():
        assert len(folder.trace()) == UPDATES
        assert len(set(folder.trace().lr.tolist())) > 1


@pytest.mark.parametrize("update", [0, 2, 3, 4, 7, 11])
def test_torch_interrupted_at_any_update_resumes_bit_for_bit(
    update: int, whole: dict[str, RunFolder], tiny_cifar_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_cut_at(update, settings_for("torch", tiny_cifar_folder), tmp_path / "run", monkeypatch)
    assert left_behind(resume(tmp_path / "run")) == left_behind(whole["torch"])


@pytest.mark.parametrize("update", [1, 7])
def test_keras_interrupted_at_an_update_resumes_bit_for_bit(
    update: int, whole: dict[str, RunFolder], tiny_cifar_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_cut_at(update, settings_for("keras", tiny_cifar_folder), tmp_path / "run", monkeypatch)
    assert left_behind(resume(tmp_path / "run")) == left_behind(whole["keras"])


@pytest.mark.parametrize(("first", "second"), [("torch", "keras"), ("keras", "torch")])
def test_a_checkpoint_resumes_in_the_other_framework(
    first: str, second: str, tiny_cifar_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = Cyclic(1e-3, 1e-2, step_size_up=3)
    settings = settings_for(first, tiny_cifar_folder, schedule=schedule)
    run_cut_at(7, settings, tmp_path / "run", monkeypatch)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir() if path.is_file()}
    folder = resume(tmp_path / "run", framework=second, out=tmp_path / "on")
    np.testing.assert_array_equal(folder.trace().lr, schedule.values(0, UPDATES))
    whole = run(settings, tmp_path / "whole")
    assert first_difference(folder.trace(), whole.trace()) is None
    np.testing.assert_array_equal(folder.trace().loss[:6], whole.trace().loss[:6])
    np.testing.assert_allclose(folder.trace().loss[6], whole.trace().loss[6], rtol=0.2)  # dropout draws otherwise there
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir() if path.is_file()} == before


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_kill_9_and_resume_on_the_command_line(
    framework: str, whole: dict[str, RunFolder], tiny_cifar_folder: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-u", "-m", "lrcore", "train", "--framework", framework, "--out", "run"]
    command += ["--schedule", "plateau(0.02, factor=0.5, patience=0, threshold=0.5)", "--model", "guide", "--cutout"]
    command += ["--data", str(tiny_cifar_folder), "--epochs", "3", "--batch-size", "12", "--seed", "3"]
    command += ["--checkpoint-every", "3"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if re.match(rf"{framework} [5-9]/{UPDATES}", line):
                os.kill(process.pid, signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "run" / "result.json").exists()
    done = subprocess.run(
        [sys.executable, "-m", "lrcore", "train", "--resume", "run"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert left_behind(RunFolder.open(tmp_path / "run")) == left_behind(whole[framework])


def test_a_finished_run_is_not_gone_on_with(whole: dict[str, RunFolder]) -> None:
    path = whole["torch"].path
    with pytest.raises(ValueError, match=re.escape(f"run {path} is finished: there is nothing to resume")):
        ResumableRun.open(path)


def unfinished(whole: dict[str, RunFolder], tmp_path: Path) -> Path:
    path = shutil.copytree(whole["torch"].path, tmp_path / "run")
    (path / "result.json").unlink()
    return path


def test_other_data_are_refused(whole: dict[str, RunFolder], tiny_cifar_folder: Path, tmp_path: Path) -> None:
    interrupted = ResumableRun.open(unfinished(whole, tmp_path))
    other = shutil.copytree(tiny_cifar_folder, tmp_path / "other")
    content = bytearray((other / "test_batch.bin").read_bytes())
    content[100] ^= 1
    (other / "test_batch.bin").write_bytes(content)
    with pytest.raises(ValueError, match="does not hold the data of run"):
        interrupted.continue_in(None, interrupted.settings, load(str(other)))


def test_another_framework_needs_a_new_folder(
    whole: dict[str, RunFolder], tiny_cifar_folder: Path, tmp_path: Path
) -> None:
    interrupted = ResumableRun.open(unfinished(whole, tmp_path))
    with pytest.raises(ValueError, match="--out must name a new folder to go on in keras"):
        interrupted.continue_in(None, interrupted.in_framework("keras"), load(str(tiny_cifar_folder)))
