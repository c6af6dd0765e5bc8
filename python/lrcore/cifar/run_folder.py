"""The folder that a run leaves behind: config.json, trace.csv, history.csv and figures."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrcore.cifar.trainer import Metrics
from lrcore.range_test_result import RangeTestResult
from lrcore.trace import Trace, TraceWriter

VERSION = 1
HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")


@dataclass(frozen=True)
class Epoch:
    """One row of the history: metrics while training, metrics on the validation images, wall time."""

    training: Metrics
    validation: Metrics
    seconds: float

    def row(self) -> tuple[float, ...]:
        """The columns after `epoch`, in the order of HISTORY_COLUMNS."""
        return (*self.training, *self.validation, self.seconds)


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
            folder.write_json("config.json", {"format": "lrcore-run", "version": VERSION, **config})
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

    def trace_writer(self) -> TraceWriter:
        """Opens trace.csv for writing."""
        return TraceWriter(self.path / "trace.csv")

    def trace(self) -> Trace:
        """Reads trace.csv."""
        return Trace.read(self.path / "trace.csv")

    def history(self) -> tuple[Epoch, ...]:
        """Reads history.csv; ValueError that names the line when it is malformed."""
        file = self.path / "history.csv"
        header, *rows = file.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        if header != ",".join(HISTORY_COLUMNS):
            raise ValueError(f"{file}, line 1: expected the header {','.join(HISTORY_COLUMNS)!r}")
        return tuple(_epoch(file, number, row) for number, row in enumerate(rows, start=2))

    def result(self) -> dict[str, Any]:
        """Reads result.json."""
        return _read_object(self.path / "result.json")

    def range_test(self) -> RangeTestResult:
        """Reads range_test.json."""
        file = self.path / "range_test.json"
        content = _read_object(file)
        try:
            return RangeTestResult.from_dict(content)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{file} is not the result of a range test: {error}") from None

    def log(self) -> list[dict[str, Any]]:
        """Reads log.jsonl; a last line that a crash has cut short is left out."""
        file = self.path / "log.jsonl"
        *lines, _ = file.read_text(encoding="utf-8", errors="replace").split("\n")
        return [_entry(file, number, line) for number, line in enumerate(lines, start=1)]

    def write_json(self, name: str, content: dict[str, Any]) -> None:
        """Write `content` so that a reader sees all of it or nothing."""
        partial = self.path / f".{name}.partial"
        partial.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")
        os.replace(partial, self.path / name)

    def write_history(self, epochs: Sequence[Epoch]) -> None:
        """Write history.csv, a row per epoch."""
        with open(self.path / "history.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(HISTORY_COLUMNS)
            rows.writerows((index, *epoch.row()) for index, epoch in enumerate(epochs))


def _epoch(file: Path, number: int, row: str) -> Epoch:
    try:
        _, loss, accuracy, val_loss, val_accuracy, seconds = map(float, row.split(","))
    except ValueError:
        raise ValueError(f"{file}, line {number}: expected {','.join(HISTORY_COLUMNS)}, but got {row[:80]!r}") from None
    return Epoch(Metrics(loss, accuracy), Metrics(val_loss, val_accuracy), seconds)


def _read_object(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise ValueError(f"{file} is not valid JSON") from None
    if not isinstance(content, dict):
        raise ValueError(f"{file} does not hold a JSON object")
    return content


def _entry(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict):
        raise ValueError(f"{file}, line {number}: expected a JSON object, but got {line[:80]!r}")
    return entry
