"""Whole runs, failed runs and the demo."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.numpy import load_file
from torch.nn import functional

from lrcore import Constant, Trace
from lrcore.cifar.data import load
from lrcore.cifar.demo import run_demo
from lrcore.cifar.training.experiment import Experiment
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.torch_trainer import torch_device
from lrcore.cifar.training.train import run_config, train
from lrcore.cifar.training.trainer import Sweep


def trained(settings: Settings, path: Path) -> RunFolder:
    data = load(settings.data)
    folder = RunFolder.create(path, run_config(settings, data))
    train(settings, Experiment.prepare(settings, data), folder, Console(file=io.StringIO()))
    return folder


def guide(framework: str, data: Path, **options: Any) -> Settings:
    return Settings(framework, str(data), "guide", Constant(1e-3), epochs=2, batch_size=20, seed=0, **options)


def test_the_result_counts_every_test_image_by_its_class(tiny_cifar_folder: Path, tmp_path: Path) -> None:
    folder = trained(guide("torch", tiny_cifar_folder, flip=True, pad_crop=True, cutout=True), tmp_path / "run")
    result = folder.result()
    confusion = np.array(result["confusion_matrix"])
    np.testing.assert_array_equal(confusion.sum(axis=1), np.ones(10))  # one test image of each class
    assert result["test_accuracy"] == np.trace(confusion) / 10
    assert result["per_class_accuracy"] == np.diag(confusion).tolist()
    assert (len(result["classes"]), result["updates"]) == (10, 2 * 2)
    assert result["seconds"] == sum(epoch.seconds for epoch in folder.history())


def test_bfloat16_and_channels_last_train_nearly_as_float32_does(tiny_cifar_folder: Path, tmp_path: Path) -> None:
    plain = trained(guide("torch", tiny_cifar_folder), tmp_path / "plain")
    other = trained(
        guide("torch", tiny_cifar_folder, precision="bfloat16", channels_last=True, device="cpu"), tmp_path / "other"
    )
    losses, expected = other.trace().loss, plain.trace().loss
    assert (losses != expected).any()
    np.testing.assert_allclose(losses, expected, rtol=0.05)  # bfloat16 has 8 bits
    assert load_file(other.path / "weights.safetensors")["conv1/kernel"].dtype == np.float32


def test_a_device_that_is_not_there_is_named(tiny_cifar_folder: Path) -> None:
    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    with pytest.raises(ValueError, match=rf"^device must be one that this machine has \(.*cpu\), but got '{missing}'$"):
        torch_device(missing)


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_batch_norm_is_reestimated_at_the_end(framework: str, tiny_cifar_folder: Path, tmp_path: Path) -> None:
    settings = guide(framework, tiny_cifar_folder, reestimate_batch_norm=2)
    folder = trained(settings, tmp_path / "run")
    checkpoint = folder.checkpoints.latest()
    assert checkpoint is not None
    trained_weights, final = checkpoint.tensors.weights, load_file(folder.path / "weights.safetensors")
    changed = {name for name in final if not np.array_equal(final[name], trained_weights[name])}
    assert changed == {name for name in final if "moving" in name}
    # By hand for the first BatchNorm: all 40 images through the first convolution, in float64.
    experiment = Experiment.prepare(settings, load(settings.data))
    images = np.concatenate([images for images, _ in experiment.training.epoch(2)]).astype(np.float64)
    maps = functional.conv2d(
        torch.from_numpy(images).permute(0, 3, 1, 2),
        torch.from_numpy(final["conv1/kernel"].astype(np.float64)).permute(3, 2, 0, 1),
        torch.from_numpy(final["conv1/bias"].astype(np.float64)),
        padding="same",
    ).relu()
    np.testing.assert_allclose(final["norm1/moving_mean"], maps.mean(dim=(0, 2, 3)), rtol=1e-4)
    variance = maps.var(dim=(0, 2, 3), unbiased=False)
    np.testing.assert_allclose(final["norm1/moving_variance"], variance, rtol=1e-3)  # float32


def test_ctrl_c_keeps_the_progress(cifar_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "lrcore", "train", "--schedule", "constant(0.001)", "--epochs", "40"]
    command += ["--data", str(cifar_folder), "--batch-size", "180", "--out", "run"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if re.match(r"torch \d+/40", line):
                process.send_signal(signal.SIGINT)
                break
        stderr = process.communicate()[1]
    assert process.returncode == 130
    assert stderr == "lrcore: interrupted; go on with: lrcore train --resume run\n"
    steps = Trace.read(tmp_path / "run" / "trace.csv").step
    np.testing.assert_array_equal(steps, np.arange(len(steps)))
    history = (tmp_path / "run" / "history.csv").read_text().splitlines()[1:]
    assert len(steps) - len(history) in (0, 1)  # one update per epoch; the last may have been cut short
    assert not (tmp_path / "run" / "result.json").exists()


def test_the_demo_trains_both_frameworks_between_found_bounds(cifar_folder: Path, tmp_path: Path) -> None:
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
