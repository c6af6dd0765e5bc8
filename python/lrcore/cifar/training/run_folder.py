"""The folder of a run: config.json, trace.csv, log.jsonl, history.csv, checkpoints and figures."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrcore._files import write_atomically
from lrcore.cifar.training.checkpoint import CheckpointFolder
from lrcore.cifar.training.trainer import Metrics
from lrcore.range_test import RangeTestResult
from lrcore.trace import Trace


def read_json(file: Path) -> dict[str, Any]:
    """The object that `file` holds.

    Raises:
        ValueError: When it does not hold one; the sentence names the file.
        OSError: When it cannot be read.
    """
    found = _object(file.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise ValueError(f"{file} does not hold a JSON object")
    return found


def read_json_lines(file: Path) -> list[dict[str, Any]]:
    """The objects that `file` holds, one a line; a last line that was cut short is left out.

    Raises:
        ValueError: When a line does not hold one; the sentence names it.
        OSError: When the file cannot be read.
    """
    *lines, _ = file.read_text(encoding="utf-8", errors="replace").split("\n")
    return [_line(file, number, line) for number, line in enumerate(lines, start=1)]


def _line(file: Path, number: int, line: str) -> dict[str, Any]:
    found = _object(line)
    if found is None:
        raise ValueError(f"{file}, line {number}: expected a JSON object, but got {line[:80]!r}")
    return found


def _object(text: str) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def to_json(value: Any) -> Any:
    """`value` with the floats that JSON does not know, in it or in its dicts and lists, as "nan", "inf" or "-inf".

    Example:
        >>> to_json({"loss": float("nan"), "accuracy": [0.5, float("inf")]})
        {'loss': 'nan', 'accuracy': [0.5, 'inf']}
    """
    match value:
        case dict():
            return {key: to_json(item) for key, item in value.items()}
        case list() | tuple():
            return [to_json(item) for item in value]
        case float() if not math.isfinite(value):
            return repr(value)
    return value


VERSION = 1
HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")


@dataclass(frozen=True)
class Epoch:
    """One row of the history: metrics while training, metrics on the validation images, wall time."""

    training: Metrics
    validation: Metrics
    seconds: float

    def columns(self) -> dict[str, float]:
        """The columns after `epoch`, by their names in HISTORY_COLUMNS."""
        return dict(zip(HISTORY_COLUMNS[1:], (*self.training, *self.validation, self.seconds), strict=True))

    @classmethod
    def from_columns(cls, columns: Mapping[str, float]) -> Epoch:
        """The row that `columns` described."""
        loss, accuracy, val_loss, val_accuracy, seconds = (float(columns[name]) for name in HISTORY_COLUMNS[1:])
        return cls(Metrics(loss, accuracy), Metrics(val_loss, val_accuracy), seconds)


@dataclass(frozen=True)
class RunFolder:
    """A run on disk. Make one with `create`, read one with `open`."""

    path: Path

    @classmethod
    def create(cls, path: Path, config: dict[str, Any]) -> RunFolder:
        """Make a new folder that holds `config`; an existing folder must be empty.

        Raises:
            ValueError: When `path` already holds something; nothing in it is touched.
            OSError: When the folder cannot be written.
        """
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise ValueError(f"run folder {path} already exists and is not an empty folder: choose another --out")
        folder = cls(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            folder.write_config(config)
        except OSError as error:
            raise type(error)(f"run folder {path} cannot be written: {error.strerror}") from error
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open a run folder of this version.

        Raises:
            ValueError: When `path` is no run folder, or one of another version.
        """
        config = cls(path).read_config()
        if config.get("version") != VERSION:
            raise ValueError(
                f"{path / 'config.json'} has version {config.get('version')}, but this lrcore reads version {VERSION}"
            )
        return cls(path)

    def read_config(self) -> dict[str, Any]:
        """The parsed config.json."""
        file = self.path / "config.json"
        try:
            config = json.loads(file.read_text())
        except FileNotFoundError:
            raise ValueError(f"{self.path} is not a run folder: it has no config.json") from None
        except NotADirectoryError:
            raise ValueError(f"{self.path} is not a folder") from None
        except ValueError:
            raise ValueError(f"{file} is not valid JSON") from None
        if not isinstance(config, dict) or config.get("format") != "lrcore-run":
            raise ValueError(f"{file} is not the config of an lrcore run")
        return config

    @property
    def trace_path(self) -> Path:
        """Learning rates and losses, a row for each update."""
        return self.path / "trace.csv"

    @property
    def log_path(self) -> Path:
        """All that happened, a JSON object a line."""
        return self.path / "log.jsonl"

    @property
    def events_path(self) -> Path:
        """The folder of the event files for TensorBoard."""
        return self.path / "tensorboard"

    @property
    def checkpoints(self) -> CheckpointFolder:
        """The states that the run can go on from."""
        return CheckpointFolder(self.path / "checkpoints")

    @property
    def is_finished(self) -> bool:
        """True if the run has finished and has a result."""
        return (self.path / "result.json").exists()

    def trace(self) -> Trace:
        """Reads trace.csv."""
        return Trace.read(self.trace_path)

    def history(self) -> tuple[Epoch, ...]:
        """Reads history.csv."""
        file = self.path / "history.csv"
        header, *rows = file.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        if header != ",".join(HISTORY_COLUMNS):
            raise ValueError(f"{file}, line 1: expected the header {','.join(HISTORY_COLUMNS)!r}")
        return tuple(_epoch(file, number, row) for number, row in enumerate(rows, start=2))

    def result(self) -> dict[str, Any]:
        """Reads result.json."""
        return read_json(self.path / "result.json")

    def range_test(self) -> RangeTestResult:
        """Reads range_test.json."""
        file = self.path / "range_test.json"
        content = read_json(file)
        try:
            return RangeTestResult.from_dict(content)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{file} is not the result of a range test: {error}") from None

    def log(self) -> list[dict[str, Any]]:
        """Reads log.jsonl."""
        return read_json_lines(self.log_path)

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Write config.json: what the run is made of."""
        self.write_json("config.json", {"format": "lrcore-run", "version": VERSION, **config})

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write `content` so that a reader sees all of it or nothing."""
        text = json.dumps(to_json(dict(content)), indent=2, allow_nan=False) + "\n"
        write_atomically(self.path / name, text.encode())

    def write_history(self, epochs: Sequence[Epoch]) -> None:
        """Write history.csv, a row per epoch."""
        with io.StringIO(newline="") as text:
            rows = csv.DictWriter(text, HISTORY_COLUMNS)
            rows.writeheader()
            rows.writerows({"epoch": index, **epoch.columns()} for index, epoch in enumerate(epochs))
            write_atomically(self.path / "history.csv", text.getvalue().encode())


def _epoch(file: Path, number: int, row: str) -> Epoch:
    try:
        return Epoch.from_columns(dict(zip(HISTORY_COLUMNS, map(float, row.split(",")), strict=True)))
    except ValueError:
        raise ValueError(f"{file}, line {number}: expected {','.join(HISTORY_COLUMNS)}, but got {row[:80]!r}") from None
