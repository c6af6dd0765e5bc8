"""Event files for TensorBoard, written without TensorFlow."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lrcore._arguments import count, real, text

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
        step = count("step", step)
        scalars = [{"tag": text("tag", tag), "simple_value": real(tag, value)} for tag, value in values.items()]
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
