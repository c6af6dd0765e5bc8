"""CIFAR-10 from its official address, used only if its hash is right."""

from __future__ import annotations

import hashlib
import http.client
import shutil
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lrcore.cifar.data.batch_files import TEST_BATCH, TRAIN_BATCHES
from lrcore.cifar.data.cache import cached

FOLDER = "cifar-10-batches-bin"
MEMBERS = (*(f"{name}.bin" for name in (*TRAIN_BATCHES, TEST_BATCH)), "batches.meta.txt")
CHUNK_BYTES = 1 << 18
TIMEOUT_SECONDS = 30.0

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Archive:
    """A file to download, and how to know that it is the right one.

    Args:
        url: Where it is.
        size: Its bytes.
        sha256: Its SHA-256, in lower-case hexadecimal.
    """

    url: str
    size: int
    sha256: str


OFFICIAL = Archive(
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    170_052_171,
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)


def downloaded(progress: Progress | None = None, archive: Archive = OFFICIAL) -> Path:
    """Download the binary layout into the cache, unless it is there.

    Args:
        progress: Called with the bytes received so far and the bytes expected, after each chunk.
        archive: What to download.

    Returns:
        The folder with the batch files.

    Raises:
        OSError: The address cannot be reached, the connection was cut, or the cache cannot be written.
        ValueError: What came is not the archive; it was removed.
    """

    def fill(folder: Path) -> None:
        path = folder.with_name("archive.tar.gz")  # beside the folder to be kept: goes with the temporary one
        _fetch(archive, path, progress or (lambda received, expected: None))
        _extract(path, folder)

    return cached(FOLDER, fill)


def _fetch(archive: Archive, path: Path, progress: Progress) -> None:
    try:
        with urllib.request.urlopen(archive.url, timeout=TIMEOUT_SECONDS) as response, path.open("wb") as file:
            received, digest = _copy(response, file, archive.size, progress)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it holds the connection
        reason = error.reason if type(error) is urllib.error.URLError else error
        sentence = " ".join(str(reason).split())  # what a server answered may have line breaks
        raise OSError(f"{archive.url} could not be downloaded: {sentence}") from error
    if received < archive.size:
        raise OSError(f"{archive.url} could not be downloaded: it broke off after {received} of {archive.size} bytes")
    if digest != archive.sha256:
        raise ValueError(f"{archive.url} gave a file with SHA-256 {digest}, not {archive.sha256}; it was removed")


def _copy(source: IO[bytes], target: IO[bytes], size: int, progress: Progress) -> tuple[int, str]:
    """Copy until the end, or until there is more than there should be; return the bytes and their SHA-256."""
    received, digest = 0, hashlib.sha256()
    while received <= size and (chunk := source.read(CHUNK_BYTES)):
        target.write(chunk)
        digest.update(chunk)
        received += len(chunk)
        progress(received, size)
    return received, digest.hexdigest()


def _extract(path: Path, folder: Path) -> None:
    """Take the known members by name: no other path of the archive is ever written."""
    with tarfile.open(path, "r:gz") as tar:
        for name in MEMBERS:
            with _member(tar, f"{FOLDER}/{name}") as member, (folder / name).open("wb") as file:
                shutil.copyfileobj(member, file)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    member = tar.extractfile(name) if name in tar.getnames() else None
    if member is None:
        raise ValueError(f"the archive does not hold the file {name}")
    return member
