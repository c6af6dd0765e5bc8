"""Records that a run writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lrcore.cifar.training.records import Records
from lrcore.cifar.training.run_folder import Epoch, RunFolder
from lrcore.cifar.training.trainer import Metrics, Update


def updates(first: int, last: int, loss: float = 2.0) -> list[Update]:
    return [Update(step, 0.1, 0.1, loss, 3, 10) for step in range(first, last)]


def test_the_log_tells_all_in_lines_of_json(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with Records(folder) as records:
        records.update(Update(0, 0.1, 0.1, float("nan"), 3, 10))
        records.epoch(0, Epoch(Metrics(2.0, 0.5), Metrics(2.5, 0.25), 1.5), updates=1)
        records.event("warning", message="so it goes")
        assert records.log_lines == 3
    assert folder.log() == [
        {"event": "update", "step": 0, "lr": 0.1, "read_back": 0.1, "loss": "nan", "correct": 3, "samples": 10},
        {
            **{"event": "epoch", "epoch": 0, "loss": 2.0, "accuracy": 0.5},
            **{"val_loss": 2.5, "val_accuracy": 0.25, "seconds": 1.5},
        },
        {"event": "warning", "message": "so it goes"},
    ]


def test_they_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with Records(folder) as records:
        for update in updates(0, 5):
            records.update(update)
    with Records(folder, step=2, log_lines=2) as records:
        for update in updates(2, 4, loss=1.0):
            records.update(update)
    np.testing.assert_array_equal(folder.trace().loss, [2.0, 2.0, 1.0, 1.0])
    assert [event["loss"] for event in folder.log()] == [2.0, 2.0, 1.0, 1.0]


def test_a_rewind_shortens_the_trace_but_not_the_log(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with Records(folder) as records:
        for update in updates(0, 5):
            records.update(update)
        records.rewind(3)
        for update in updates(3, 4, loss=1.0):
            records.update(update)
    np.testing.assert_array_equal(folder.trace().loss, [2.0, 2.0, 2.0, 1.0])
    assert [event["step"] for event in folder.log()] == [0, 1, 2, 3, 4, 3]


def test_flushed_records_are_on_disk_during_the_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with Records(folder) as records:
        records.update(*updates(0, 1))
        records.flush()
        assert len(folder.trace()) == len(folder.log()) == 1


def test_records_shorter_than_the_checkpoint_are_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with Records(folder) as records:
        records.update(*updates(0, 1))
    with pytest.raises(ValueError, match=r"trace\.csv must have at least 4 whole lines, but has 2"):
        Records(folder, step=3, log_lines=1)
    with pytest.raises(ValueError, match=r"log\.jsonl must have at least 9 whole lines, but has 1"):
        Records(folder, step=1, log_lines=9)


def test_tensorboard_shows_one_curve_also_after_a_rewind(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with Records(folder, tensorboard=True) as records:
        for update in updates(0, 5):
            records.update(update)
        records.rewind(3)
        for update in updates(3, 4, loss=1.0):
            records.update(update)
        records.epoch(0, Epoch(Metrics(2.0, 0.5), Metrics(2.5, 0.25), 1.5), updates=4)
    events = EventAccumulator(str(folder.events_path)).Reload()
    curve = [(event.step, event.value) for event in events.Scalars("update/loss")]
    assert curve == [(1, 2.0), (2, 2.0), (3, 2.0), (4, 1.0)]
    assert [(event.step, event.value) for event in events.Scalars("epoch/val_accuracy")] == [(4, 0.25)]


def test_without_being_asked_there_are_no_event_files(tmp_path: Path) -> None:
    with Records(RunFolder(tmp_path)) as records:
        records.update(*updates(0, 1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.jsonl", "trace.csv"]
    assert json.loads((tmp_path / "log.jsonl").read_text())["event"] == "update"
