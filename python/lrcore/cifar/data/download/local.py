"""CIFAR-10 that other programs left on this machine, and the lock under which one process downloads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrcore.cifar.data.download.archive import Archive, digest
from lrcore.cifar.data.download.sources import LogMessage

try:
    from filelock import FileLock, Timeout
except ImportError as error:
    raise ImportError("lrcore.cifar needs filelock: pip install 'lrcore[cifar]'") from error


# torchvision asks its user for a folder; these are the ones that most programs give, seen from where they run.
TORCHVISION_ROOTS = (".", "data", "datasets", "~/data", "~/datasets")

# Keras 3 keeps the archive under the first name, Keras 2 under the second.
KERAS_ARCHIVES = ("cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz")


def roots() -> list[Path]:
    """The folders in which Keras 3, Keras 2 and torchvision make cifar-10-batches-py, as absolute paths."""
    keras = os.path.join(os.environ.get("KERAS_HOME") or "~/.keras", "datasets")
    names = (os.path.join(keras, "cifar-10-batches-py-target"), keras, *TORCHVISION_ROOTS)
    return [Path(os.path.abspath(os.path.expanduser(name))) for name in names]


def find_local_folder(archives: tuple[Archive, ...], log: LogMessage) -> Path | None:
    """The first folder that holds all batch files of an archive, each with the right hash; nothing is written there.

    Args:
        archives: Those whose folders are looked for.
        log: Called with the reason for each folder that is passed over.
    """
    for root in roots():
        for archive in archives:
            folder = root / archive.folder
            if os.path.isdir(folder) and _right(folder, archive, log):
                return folder
    return None


def find_local_archive(archives: tuple[Archive, ...], log: LogMessage) -> tuple[Path, Archive] | None:
    """The first file that is one of the archives, and which.

    Args:
        archives: Those that are looked for.
        log: Called with the reason for each file that is passed over.
    """
    for path in _files(archives):
        try:
            sha256 = digest(path, "sha256")
        except OSError as error:
            log(f"{path} is passed over: it cannot be read: {error.strerror}")
            continue
        for archive in archives:
            if archive.sha256 == sha256:
                return path, archive
        log(f"{path} is passed over: its SHA-256 is {sha256}, which no official archive has")
    return None


def _files(archives: tuple[Archive, ...]) -> Iterator[Path]:
    names = (*(archive.name for archive in archives), *KERAS_ARCHIVES)
    for root in roots():
        yield from (root / name for name in names if os.path.isfile(root / name))


def _right(folder: Path, archive: Archive, log: LogMessage) -> bool:
    try:
        archive.check(folder)
    except ValueError as error:
        log(f"{folder} is passed over: {error}")
        return False
    except OSError as error:
        log(f"{folder} is passed over: it cannot be read: {error.strerror}")
        return False
    return True


LOCK_NAME = "cifar-10.lock"


@contextmanager
def download_lock(folder: Path, log: LogMessage) -> Iterator[None]:
    """Wait until no other process downloads into a folder, and keep others waiting.

    The operating system releases the lock when its process exits, even after a crash.

    Args:
        folder: Made if it is not there.
        log: Called once if there is a wait.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK_NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log(f"another process is downloading CIFAR-10 into {folder}: waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
