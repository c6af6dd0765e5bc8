"""Records of a run while it trains: trace, log, history and TensorBoard's event files."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lrcore._files import open_truncated_to
from lrcore._validation import as_float, as_int, as_str
from lrcore.cifar.training.run_folder import Epoch, RunFolder, to_json
from lrcore.cifar.training.trainer import Update
from lrcore.trace import TraceWriter

FILE_VERSION = "brain.Event:2"


class TensorBoardWriter:
    """Writes scalars to a new event file in a folder; a context manager.

    Every call of `scalars` is on disk when it returns. A run that is resumed writes a further file into the same
    folder; what an earlier file holds of its first step or later steps is then hidden, so that TensorBoard shows one
    curve. TensorFlow is never imported.

    Args:
        folder: Where the event file goes; made if it is not there.

    Raises:
        ImportError: When the tensorboard package is not installed.
        OSError: When the file cannot be written.

    Source: the event files of tensorboard's own `EventFileWriter`, which imports TensorFlow where it is installed.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> with TensorBoardWriter(folder) as writer:
        ...     writer.scalars(0, {"lr": 0.1, "loss": 2.3})
        >>> [path.name.split(".")[:3] for path in Path(folder).iterdir()]
        [['events', 'out', 'tfevents']]
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        try:
            from tensorboard.compat.proto import event_pb2  # type: ignore[import-untyped]
            from tensorboard.summary.writer.record_writer import RecordWriter  # type: ignore[import-untyped]
        except ImportError:
            raise ImportError("TensorBoard event files need tensorboard: pip install 'lrcore[tensorboard]'") from None
        self._events = event_pb2
        # Unbuffered: each record is one write, so that a crash leaves whole records behind.
        self._file = open(_new_file(Path(folder)), "xb", buffering=0)  # noqa: SIM115  (closed by close)
        self._records = RecordWriter(self._file)
        self._started = False
        self._write(file_version=FILE_VERSION)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write `values` by tag.

        Args:
            step: Updates done, for metrics of an epoch too: all curves of a run then have one axis.
            values: Each a number; NaN and infinity are allowed.

        Raises:
            TypeError: When `step` is not an integer or a value is not a number. Nothing is written then.
        """
        step = as_int("step", step)
        scalars = [{"tag": as_str("tag", tag), "simple_value": as_float(tag, value)} for tag, value in values.items()]
        if not self._started:
            self._write(step=step, session_log={"status": self._events.SessionLog.START})
            self._started = True
        self._write(step=step, summary={"value": scalars})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> TensorBoardWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _write(self, **content: Any) -> None:
        self._records.write(self._events.Event(wall_time=time.time(), **content).SerializeToString())


def _new_file(folder: Path) -> Path:
    """A name that sorts behind those of the files that are there, as TensorBoard reads files in that order."""
    folder.mkdir(parents=True, exist_ok=True)
    earlier = len(list(folder.glob("*tfevents*")))
    return folder / f"events.out.tfevents.{int(time.time()):010d}.{earlier:04d}.{socket.gethostname()}"


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
            self._log = opened.enter_context(open_truncated_to(folder.log_path, log_lines))
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
