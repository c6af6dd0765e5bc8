"""What a run writes down as it goes: trace.csv, log.jsonl and, where asked for, TensorBoard's event files."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

from lrcore.cifar.json_numbers import to_json
from lrcore.cifar.run_folder import Epoch, RunFolder
from lrcore.cifar.tensorboard import TensorBoardWriter
from lrcore.cifar.trainer import Update
from lrcore.kept_lines import open_after
from lrcore.trace import TraceWriter


class Records:
    """Writes the records of a run, from its beginning or from a checkpoint on; a context manager.

    The trace tells what the run did, update by update: what a rollback undoes is taken out of it. The log tells what
    happened, rollbacks included, one JSON object a line.

    Args:
        folder: The run's folder.
        step: The next update; later rows of the trace are dropped.
        log_lines: Lines of the log at that step; later ones are dropped.
        tensorboard: Whether to write event files.

    Raises:
        ImportError: When those are wanted and the tensorboard package is not installed.
        OSError: When a file cannot be written.
        ValueError: When a file has less than that.
    """

    def __init__(self, folder: RunFolder, step: int = 0, log_lines: int = 0, tensorboard: bool = False) -> None:
        self._folder = folder
        self.log_lines = log_lines
        self._events = TensorBoardWriter(folder.events_path) if tensorboard else None
        with ExitStack() as opened:
            self._trace = opened.enter_context(TraceWriter(folder.trace_path, keep=step))
            self._log = opened.enter_context(open_after(folder.log_path, log_lines))
            opened.pop_all()

    def update(self, update: Update) -> None:
        """Write down one update."""
        self._trace.append(update.step, update.lr, update.read_back, update.loss)
        self.event("update", **update._asdict())
        if self._events is not None:
            self._events.scalars(update.step + 1, {"update/lr": update.lr, "update/loss": update.loss})

    def epoch(self, index: int, epoch: Epoch, updates: int) -> None:
        """Write down one epoch, after which this many updates are done."""
        self.event("epoch", epoch=index, **epoch.columns())
        if self._events is not None:
            self._events.scalars(updates, {f"epoch/{name}": value for name, value in epoch.columns().items()})

    def event(self, kind: str, **details: Any) -> None:
        """Write down anything else that happened."""
        self._log.write(json.dumps(to_json({"event": kind, **details}), allow_nan=False) + "\n")
        self.log_lines += 1

    def rewind(self, step: int) -> None:
        """Take the updates from `step` on out of the trace."""
        self._trace.close()
        self._trace = TraceWriter(self._folder.trace_path, keep=step)
        if self._events is not None:  # a new file hides what the old one holds of these steps
            self._events.close()
            self._events = TensorBoardWriter(self._folder.events_path)

    def flush(self) -> None:
        """Hand all of it to the operating system, so that it outlives this process."""
        self._trace.flush()
        self._log.flush()

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *exception: object) -> None:
        self._trace.close()
        self._log.close()
        if self._events is not None:
            self._events.close()
