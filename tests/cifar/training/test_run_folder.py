from __future__ import annotations

import json
from pathlib import Path

import pytest

from lrcore.cifar.training.run_folder import Epoch, RunFolder
from lrcore.cifar.training.trainer import Metrics


def test_a_folder_opens_as_it_was_created(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run", {"settings": {"seed": 3}})
    config = RunFolder.open(tmp_path / "run").read_config()
    assert config == {"format": "lrcore-run", "version": 1, "settings": {"seed": 3}}


def test_a_folder_that_holds_something_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(ValueError, match="already exists and is not an empty folder"):
        RunFolder.create(tmp_path, {})
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"^run folder .*/file/run cannot be written: Not a directory$"):
        RunFolder.create(tmp_path / "file" / "run", {})


def test_another_version_is_refused_by_name(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {})
    folder.write_json("config.json", {"format": "lrcore-run", "version": 2})
    with pytest.raises(ValueError, match=r"run/config\.json has version 2, but this lrcore reads version 1"):
        RunFolder.open(folder.path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("{", "is not valid JSON"), ("[]", "is not the config of an lrcore run"), ("{}", "is not the config")],
)
def test_a_config_of_something_else_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=sentence):
        RunFolder.open(tmp_path)


def test_a_folder_without_a_config_is_no_run_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a run folder"):
        RunFolder.open(tmp_path / "missing")


def test_json_is_replaced_whole_and_leaves_no_partial_file(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {})
    folder.write_json("result.json", {"test_accuracy": 0.5})
    assert json.loads((folder.path / "result.json").read_text()) == {"test_accuracy": 0.5}
    assert sorted(path.name for path in folder.path.iterdir()) == ["config.json", "result.json"]


def test_history_has_a_row_per_epoch(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {})
    folder.write_history([Epoch(Metrics(2.0, 0.25), Metrics(1.5, 0.5), 3.0)])
    assert (folder.path / "history.csv").read_text().split() == [
        "epoch,loss,accuracy,val_loss,val_accuracy,seconds",
        "0,2.0,0.25,1.5,0.5,3.0",
    ]
