"""Checkpoints: tensors in a safetensors file, everything else in a JSON file beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from lrcore._files import write_atomically
from lrcore._validation import check_version
from lrcore.cifar.training.trainer import Arrays, TrainerState

try:
    from safetensors.numpy import load, save
except ImportError as error:
    raise ImportError("lrcore.cifar needs safetensors: pip install 'lrcore[cifar]'") from error

VERSION = 1
FORMAT = "lrcore-checkpoint"


@dataclass(frozen=True)
class Checkpoint:
    """State from which either framework resumes a training run as if it had never stopped.

    Args:
        model: Name of the model, for `lrcore cifar convert`.
        step: Index of the next update.
        tensors: Weights and momentum.
        run: The rest of the state, in JSON types.
    """

    model: str
    step: int
    tensors: TrainerState
    run: dict[str, Any]


@dataclass(frozen=True)
class CheckpointFolder:
    """The last checkpoints of a run: step-00000450.safetensors and step-00000450.json.

    The JSON file is written last and holds the hash of the other: a pair that is cut short by `kill -9` or a full disk
    is no checkpoint, and the one before it is used.
    """

    path: Path

    def save(self, checkpoint: Checkpoint, keep: int = 2) -> None:
        """Write a checkpoint, then remove all but the last `keep`.

        Raises:
            OSError: When the folder cannot be written.
        """
        self.path.mkdir(exist_ok=True)
        stem = self.path / f"step-{checkpoint.step:08d}"
        tensors = save(_flat(checkpoint.tensors), metadata={"format": FORMAT, "model": checkpoint.model})
        sidecar = {
            "format": FORMAT,
            "version": VERSION,
            "model": checkpoint.model,
            "step": checkpoint.step,
            "sha256": hashlib.sha256(tensors).hexdigest(),
            "run": checkpoint.run,
        }
        write_atomically(stem.with_suffix(".safetensors"), tensors)
        write_atomically(stem.with_suffix(".json"), (json.dumps(sidecar, indent=1, allow_nan=False) + "\n").encode())
        for old in list(self._sidecars())[keep:]:
            _remove(old)

    def latest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; None when there is none at all.

        Raises:
            ValueError: When there are some, but none is whole; the sentence says what is wrong with each.
        """
        reasons = []
        for sidecar in self._sidecars():
            try:
                return _read(sidecar)
            except (ValueError, OSError) as error:
                reasons.append(str(error))
        if reasons:
            raise ValueError(f"{self.path} holds no whole checkpoint: {'; '.join(reasons)}")
        return None

    def discard_after(self, step: int) -> None:
        """Remove the checkpoints of steps later than `step`, which will be reached anew, and what was cut short."""
        for sidecar in self._sidecars():
            if sidecar.stem > f"step-{step:08d}":
                _remove(sidecar)
        for partial in self.path.glob(".*.partial"):
            partial.unlink()

    def _sidecars(self) -> Iterator[Path]:
        return iter(sorted(self.path.glob("step-*.json"), reverse=True))


def _remove(sidecar: Path) -> None:
    sidecar.unlink()
    sidecar.with_suffix(".safetensors").unlink(missing_ok=True)


def _read(sidecar: Path) -> Checkpoint:
    try:
        content = json.loads(sidecar.read_text())
        check_version("a checkpoint", content, VERSION)
        model, step, sha256, run = (content[name] for name in ("model", "step", "sha256", "run"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{sidecar} is not the sidecar of a checkpoint: {error}") from error
    file = sidecar.with_suffix(".safetensors")
    tensors = file.read_bytes()
    if hashlib.sha256(tensors).hexdigest() != sha256:
        raise ValueError(f"{file} is damaged: its SHA-256 is not that in {sidecar.name}")
    return Checkpoint(model, step, _nested(load(tensors)), run)


def _flat(state: TrainerState) -> dict[str, npt.NDArray[Any]]:
    return {f"{part}/{name}": array for part in state._fields for name, array in getattr(state, part).items()}


def _nested(arrays: Arrays) -> TrainerState:
    parts: dict[str, dict[str, Any]] = {part: {} for part in TrainerState._fields}
    for path, array in arrays.items():
        part, name = path.split("/", 1)
        parts[part][name] = array
    return TrainerState(**parts)
