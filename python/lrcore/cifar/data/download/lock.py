"""One downloader at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrcore.cifar.data.download.report import Tell

try:
    from filelock import FileLock, Timeout
except ImportError as error:
    raise ImportError("lrcore.cifar needs filelock: pip install 'lrcore[cifar]'") from error

LOCK_NAME = "cifar-10.lock"


@contextmanager
def only_downloader(folder: Path, tell: Tell) -> Iterator[None]:
    """Wait until no other process downloads into a folder, and keep others waiting.

    The system gives up the lock of a process that ends, however it ends: nobody waits for the dead.

    Args:
        folder: Made if it is not there.
        tell: Told if there is a wait.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK_NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell(f"another process is downloading CIFAR-10 into {folder}: waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
