"""A run as the report sees it: what its folder holds, and a sentence for what it lacks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lrcore.cifar.run_folder import Epoch, RunFolder
from lrcore.range_test_result import RangeTestResult
from lrcore.trace import Trace

T = TypeVar("T")


@dataclass(frozen=True)
class Missing:
    """Stands for a file that is not there or cannot be read; the sentence says which."""

    sentence: str


@dataclass(frozen=True, eq=False)
class RecordedRun:
    """A run folder that has been read; a part is `Missing` where its file is."""

    name: str
    config: Mapping[str, Any]
    trace: Trace | Missing
    history: tuple[Epoch, ...] | Missing
    result: Mapping[str, Any] | Missing
    range_test: RangeTestResult | Missing
    log: list[dict[str, Any]] | Missing
    misclassified: bytes | Missing

    @classmethod
    def read(cls, name: str, path: Path) -> RecordedRun:
        """Read the folder `path`.

        Raises:
            ValueError: When it is no run folder; whatever else is wrong with it becomes a `Missing`.
        """
        folder = RunFolder.open(path)
        return cls(
            name=name,
            config=folder.read_config(),
            trace=_part(name, "trace.csv", folder.trace),
            history=_part(name, "history.csv", folder.history),
            result=_part(name, "result.json", folder.result),
            range_test=_part(name, "range_test.json", folder.range_test),
            log=_part(name, "log.jsonl", folder.log),
            misclassified=_part(name, "misclassified.png", (path / "misclassified.png").read_bytes),
        )

    def recorded(self, part: str) -> Mapping[str, Any]:
        """A part of the config such as "settings"; empty when the run did not record it."""
        return as_mapping(self.config.get(part))

    @property
    def is_complete(self) -> bool:
        """Whether the run has come to its result."""
        return not isinstance(self.result, Missing) and self.result.get("completed") is not False

    def outcome(self, name: str) -> Any:
        """A value of result.json; None where there is none."""
        return None if isinstance(self.result, Missing) else self.result.get(name)


def read_runs(paths: Sequence[Path]) -> list[RecordedRun]:
    """Read each folder; a run goes by the last part of its path, or by as many parts as tell it from the others.

    Raises:
        ValueError: When there are none, one is no run folder, or one is given twice.
    """
    if not paths:
        raise ValueError("runs must name at least one run folder")
    resolved = [path.resolve() for path in paths]
    for path in resolved:
        if resolved.count(path) > 1:
            raise ValueError(f"run folder {path} is given twice")
    return [RecordedRun.read(name, path) for name, path in zip(_names(resolved), paths, strict=True)]


def present(runs: Sequence[RecordedRun], part: Callable[[RecordedRun], T | Missing]) -> tuple[dict[str, T], list[str]]:
    """The part of each run that has it, by the name of the run, and a sentence for each run that lacks it."""
    parts = {run.name: part(run) for run in runs}
    found = {name: value for name, value in parts.items() if not isinstance(value, Missing)}
    return found, [value.sentence for value in parts.values() if isinstance(value, Missing)]


def as_mapping(value: Any) -> Mapping[str, Any]:
    """`value` itself if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _part(name: str, file: str, read: Callable[[], T]) -> T | Missing:
    try:
        return read()
    except FileNotFoundError:
        return Missing(f"{name} has no {file}.")
    except OSError as error:
        return Missing(f"{file} of {name} cannot be read: {error.strerror}.")
    except ValueError as error:
        return Missing(f"{file} of {name} cannot be read: {_printable(str(error))}.")


def _names(paths: Sequence[Path]) -> list[str]:
    depth = 1
    while len({path.parts[-depth:] for path in paths}) < len(paths):
        depth += 1
    return [_printable(str(Path(*path.parts[-depth:]))) for path in paths]


def _printable(text: str) -> str:
    """`text` without the surrogates that stand in a path for bytes that are no UTF-8."""
    return os.fsencode(text).decode("utf-8", errors="replace")
