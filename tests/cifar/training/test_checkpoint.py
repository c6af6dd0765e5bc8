"""Checkpoints on disk: whole, damaged, pruned."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from lrcore.cifar.training.checkpoint import Checkpoint, CheckpointFolder
from lrcore.cifar.training.trainer import TrainerState

STATE = TrainerState(
    weights={"conv1/kernel": np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1), "conv1/bias": np.array([np.pi])},
    momentum={"conv1/kernel": np.full((1, 2, 3, 1), -0.0, np.float32)},
)


def checkpoint(step: int) -> Checkpoint:
    return Checkpoint("quick", step, STATE, {"state": {"step": step}, "log_lines": 3})


def files(folder: CheckpointFolder) -> list[str]:
    return sorted(path.name for path in folder.path.iterdir())


def test_a_checkpoint_reads_back_bit_for_bit(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path / "checkpoints")
    folder.save(checkpoint(12))
    found = folder.latest()
    assert found is not None
    assert (found.step, found.run) == (12, {"state": {"step": 12}, "log_lines": 3})
    for part in ("weights", "momentum"):
        expected, read = getattr(STATE, part), getattr(found.tensors, part)
        assert expected.keys() == read.keys()
        for name, array in expected.items():
            assert (read[name].dtype, read[name].tobytes()) == (array.dtype, array.tobytes())


def test_tensors_are_plain_safetensors(tmp_path: Path) -> None:
    CheckpointFolder(tmp_path).save(checkpoint(7))
    tensors = load_file(tmp_path / "step-00000007.safetensors")
    assert sorted(tensors) == ["momentum/conv1/kernel", "weights/conv1/bias", "weights/conv1/kernel"]


@pytest.mark.parametrize("keep", [2, 3])
def test_the_last_are_kept(keep: int, tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    for step in (0, 5, 10, 20):
        folder.save(checkpoint(step), keep)
    stems = ("step-00000005", "step-00000010", "step-00000020")[-keep:]
    assert files(folder) == [f"{stem}.{suffix}" for stem in stems for suffix in ("json", "safetensors")]


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert CheckpointFolder(tmp_path / "nowhere").latest() is None


@pytest.mark.parametrize("damage", ["tensors cut", "tensors gone", "sidecar cut", "sidecar of another version"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(damage: str, tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(checkpoint(5))
    folder.save(checkpoint(10))
    tensors, sidecar = tmp_path / "step-00000010.safetensors", tmp_path / "step-00000010.json"
    match damage:
        case "tensors cut":
            tensors.write_bytes(tensors.read_bytes()[:-1])
        case "tensors gone":
            tensors.unlink()
        case "sidecar cut":
            sidecar.write_text(sidecar.read_text()[:40])
        case _:
            sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), "version": 9}))
    found = folder.latest()
    assert found is not None
    assert found.step == 5


def test_without_a_whole_checkpoint_the_error_says_what_is_wrong(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(checkpoint(5))
    (tmp_path / "step-00000005.safetensors").write_bytes(b"")
    sentence = f"{tmp_path} holds no whole checkpoint: {tmp_path}/step-00000005.safetensors is damaged"
    with pytest.raises(ValueError, match=re.escape(sentence)):
        folder.latest()


def test_later_and_unfinished_checkpoints_are_discarded(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(checkpoint(5))
    folder.save(checkpoint(10))
    (tmp_path / ".abc.partial").write_bytes(b"half")
    folder.discard_after(5)
    assert files(folder) == ["step-00000005.json", "step-00000005.safetensors"]
