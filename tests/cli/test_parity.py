"""The command `lrcore parity`: files, exit status and bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from lrcore.cifar.parity import ParityResult
from lrcore.cli._parity import parity

APP = typer.Typer()
APP.command()(parity)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(APP, list(map(str, arguments)))


def small(data: Path) -> tuple[object, ...]:
    return ("--data", data, "--model", "quick", "--updates", 5, "--batch-size", 4)


def test_it_writes_the_numbers_and_the_figure(cifar_folder: Path, tmp_path: Path) -> None:
    done = run(*small(cifar_folder), "--seed", 7, "--schedule", "constant(1e-3)", "--out", tmp_path / "a[b]")
    assert done.exit_code == 0
    assert done.output.endswith(f"parity.json and parity.png: {tmp_path}/a[b]\n")
    assert sorted(path.name for path in (tmp_path / "a[b]").iterdir()) == ["config.json", "parity.json", "parity.png"]
    content = json.loads((tmp_path / "a[b]" / "parity.json").read_text())
    assert content["within_limits"] is True
    assert content["settings"] == {
        "model": "quick",
        "updates": 5,
        "batch_size": 4,
        "seed": 7,
        "schedule": {"schedule": "constant", "version": 1, "lr": 1e-3},
    }


def test_diverging_training_exceeds_the_limits_with_status_1(cifar_folder: Path, tmp_path: Path) -> None:
    done = run(*small(cifar_folder), "--schedule", "constant(1e6)", "--out", tmp_path / "run")
    assert done.exit_code == 1
    assert "lrcore pair: relative loss difference nan at update " in done.output
    assert (tmp_path / "run" / "parity.png").exists()
    result = ParityResult.from_dict(json.loads((tmp_path / "run" / "parity.json").read_text()))
    assert np.isnan(result.pairs["lrcore"].torch.loss[-1])
    assert not result.within_limits


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--model", "vgg"), "model must be one of "),
        (("--updates", "0"), "updates must be at least 1, but got 0"),
        (("--batch-size", "-2"), "batch_size must be at least 1, but got -2"),
        (("--seed", "-1"), "seed must not be negative, but got -1"),
        (("--schedule", "constant(0)"), "lr must be "),
        (("--data", "missing"), "data folder missing cannot be read: No such file or directory"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert isinstance(done.exception, ValueError | OSError)
    assert str(done.exception).startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(cifar_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    done = run(*small(cifar_folder), "--out", tmp_path)
    sentence = f"run folder {tmp_path} already exists and is not an empty folder: choose another --out"
    assert (type(done.exception), str(done.exception)) == (ValueError, sentence)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize(("framework", "name"), [("torch", "PyTorch"), ("keras", "Keras")])
def test_a_missing_framework_names_the_extra(framework: str, name: str) -> None:
    code = f"""
import sys
import lrcore.cifar.parity
assert not {{"torch", "keras", "tensorflow"}} & sys.modules.keys()
sys.modules["{framework}"] = None  # as if it were not installed
import lrcore.cifar.parity.{framework}_side
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == f"ImportError: parity needs {name}: pip install 'lrcore[{framework}]'"
