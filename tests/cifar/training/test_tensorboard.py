"""Event files as TensorBoard reads them, with and without TensorFlow at hand."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from tensorboard.compat.proto.event_pb2 import Event

from lrcore.cifar.training.records import TensorBoardWriter

READ_BACK = """
import json, sys
from pathlib import Path
{block}
from lrcore.cifar.training.records import TensorBoardWriter
folder = Path(sys.argv[1])
with TensorBoardWriter(folder) as writer:
    for step in range(6):
        writer.scalars(step, {{"lr": 0.1 * step, "loss": 2.0 - step}})
    writer.scalars(6, {{"val_accuracy": 0.5}})
with TensorBoardWriter(folder) as writer:  # from a checkpoint before update 4
    for step in range(4, 8):
        writer.scalars(step, {{"lr": 0.5, "loss": float("nan")}})
imported = "tensorflow" in sys.modules and sys.modules["tensorflow"] is not None
sys.modules["tensorflow"] = None  # the reader would import it
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(str(folder), size_guidance={{"scalars": 0}}).Reload()
found = {{tag: [(event.step, repr(event.value)) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}}
print(json.dumps([imported, len(list(folder.iterdir())), found]))
"""


@pytest.mark.parametrize("block", ["", "sys.modules['tensorflow'] = None"], ids=["installed", "blocked"])
def test_tensorboard_reads_a_resumed_run_as_one(block: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", READ_BACK.format(block=block), str(tmp_path / "events")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    imported, files, found = json.loads(done.stdout)
    assert (imported, files) == (False, 2)
    rounded = [struct.unpack("f", struct.pack("f", 0.1 * step))[0] for step in range(4)]  # events hold float32
    assert found["lr"] == [[step, repr(lr)] for step, lr in enumerate([*rounded, 0.5, 0.5, 0.5, 0.5])]
    assert found["loss"] == [[step, loss] for step, loss in enumerate(["2.0", "1.0", "0.0", "-1.0", *["nan"] * 4])]
    assert found["val_accuracy"] == []


def events_in(folder: Path) -> list[Event]:
    """The events of a file: each a length of 8 bytes, a checksum of 4, the message and a checksum of 4."""
    (path,) = folder.iterdir()
    content, events = path.read_bytes(), []
    while content:
        length = int.from_bytes(content[:8], "little")
        events.append(Event.FromString(content[12 : 12 + length]))
        content = content[16 + length :]
    return events


def test_scalars_are_on_disk_at_once(tmp_path: Path) -> None:
    with TensorBoardWriter(tmp_path) as writer:
        for step in range(3):
            writer.scalars(step, {"lr": 0.25, "loss": 2.0})
            version, start, *updates = events_in(tmp_path)
            assert version.file_version == "brain.Event:2"
            assert (start.step, start.session_log.status) == (0, start.session_log.START)
            assert [event.step for event in updates] == list(range(step + 1))
            assert {(value.tag, value.simple_value) for value in updates[-1].summary.value} == {
                ("lr", 0.25),
                ("loss", 2.0),
            }


def test_an_existing_file_is_never_written_to(tmp_path: Path) -> None:
    with TensorBoardWriter(tmp_path / "a" / "b"):
        pass
    (first,) = (tmp_path / "a" / "b").iterdir()
    content = first.read_bytes()
    with TensorBoardWriter(tmp_path / "a" / "b") as writer:
        writer.scalars(0, {"lr": 0.1})
    first_again, second = sorted((tmp_path / "a" / "b").iterdir())
    assert first_again == first
    assert first.read_bytes() == content
    assert second.stat().st_size > len(content)


def test_a_bad_argument_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with TensorBoardWriter(tmp_path) as writer:
        with pytest.raises(TypeError, match=r"^step must be an integer, but got 1\.5$"):
            writer.scalars(1.5, {"lr": 0.1})  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^loss must be a number, but got 'high'$"):
            writer.scalars(1, {"lr": 0.1, "loss": "high"})  # type: ignore[dict-item]
        assert len(events_in(tmp_path)) == 1


def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto", None)
    sentence = r"^TensorBoard event files need tensorboard: pip install 'lrcore\[tensorboard\]'$"
    with pytest.raises(ImportError, match=sentence):
        TensorBoardWriter(tmp_path / "events")
    assert not (tmp_path / "events").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        TensorBoardWriter(tmp_path / "file" / "events")
