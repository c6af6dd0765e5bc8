"""Reading of a run folder, and errors that name the line of a bad file."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from lrcore import RangeTestResult, StopReason
from lrcore.cifar.training.run_folder import Epoch, RunFolder
from lrcore.cifar.training.trainer import Metrics


def test_the_history_reads_back(tmp_path: Path) -> None:
    epochs = (
        Epoch(Metrics(2.0, 0.1), Metrics(1.5, 1 / 3), 3.0),
        Epoch(Metrics(1.0, 0.5), Metrics(float("inf"), 0.5), 1e-3),
    )
    folder = RunFolder.create(tmp_path / "run", {})
    folder.write_history(epochs)
    assert folder.history() == epochs


def test_a_result_reads_back(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {})
    folder.write_json("result.json", {"test_loss": float("nan"), "classes": ["ä"]})
    assert folder.result() == {"test_loss": "nan", "classes": ["ä"]}


def test_a_range_test_reads_back(tmp_path: Path) -> None:
    result = RangeTestResult(np.array([0.1, 0.2]), [2.0, np.nan], [2.0, np.nan], StopReason.nonfinite)
    folder = RunFolder.create(tmp_path / "run", {})
    folder.write_json("range_test.json", result.to_dict())
    assert folder.range_test() == result


def test_a_log_reads_back_up_to_a_line_that_is_not_whole(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {})
    (folder.path / "log.jsonl").write_text('{"event": "update", "step": 0}\n{"event": "warning"}\n{"event": "upd')
    assert folder.log() == [{"event": "update", "step": 0}, {"event": "warning"}]


HEADER = "epoch,loss,accuracy,val_loss,val_accuracy,seconds"


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("history.csv", "", f"history.csv, line 1: expected the header '{HEADER}'"),
        ("history.csv", f"{HEADER}\n0,1,1,1,1,1\n1,1,1\n", f"history.csv, line 3: expected {HEADER}, but got '1,1,1'"),
        ("history.csv", f"{HEADER}\n0,1,1,1,1,x\n", f"history.csv, line 2: expected {HEADER}, but got '0,1,1,1,1,x'"),
        ("result.json", "[]", "result.json does not hold a JSON object"),
        ("result.json", "{", "result.json does not hold a JSON object"),
        ("range_test.json", "{", "range_test.json does not hold a JSON object"),
        (
            "range_test.json",
            "{}",
            "range_test.json is not the result of a range test: "
            "the version of a range test result must be 2, but got None",
        ),
        ("log.jsonl", "{}\n[]\n", "log.jsonl, line 2: expected a JSON object, but got '[]'"),
        ("log.jsonl", "{}\n\n", "log.jsonl, line 2: expected a JSON object, but got ''"),
    ],
)
def test_a_file_of_something_else_is_refused(file: str, content: str, sentence: str, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {})
    (folder.path / file).write_text(content)
    with pytest.raises(ValueError, match=f"^{re.escape(str(folder.path))}/{re.escape(sentence)}$"):
        getattr(folder, file.partition(".")[0])()


@pytest.mark.parametrize("part", ["history", "result", "range_test", "log"])
def test_a_missing_file_has_its_own_error(part: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        getattr(RunFolder.create(tmp_path / "run", {}), part)()
