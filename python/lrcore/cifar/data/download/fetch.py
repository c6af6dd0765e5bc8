"""Download of an archive into a file, resumed after an interruption, from the first mirror that works."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from lrcore._version import __version__
from lrcore.cifar.data.download.archive import CHUNK_BYTES, Archive, digest
from lrcore.cifar.data.download.sources import (
    VARIABLE,
    CutError,
    Progress,
    RateWatch,
    Report,
    SlowError,
    Source,
    SourceError,
    StallPolicy,
)

MAX_CUTS = 10
NETWORK_ERRORS = (OSError, http.client.HTTPException, ValueError)  # ValueError: what urllib says of a bad address


def fetch(url: str, partial: Path, size: int | None, progress: Progress, patience: StallPolicy) -> None:
    """Bring a partial file to its end.

    After a cut the same source is asked for the rest, as long as the file grows.

    Args:
        url: Where to ask.
        partial: What has come so far, if anything.
        size: The bytes that are to be there in the end, if known.
        progress: Called with the bytes that are there and the bytes expected.
        patience: When to give up.

    Raises:
        SourceError: The source does not give the rest; what it gave stays.
        OSError: The file cannot be written.
    """
    for cuts in range(1, MAX_CUTS + 1):
        before = length(partial)
        if before == size:
            return
        try:
            return _ask(url, partial, size, progress, patience)
        except CutError:
            if cuts == MAX_CUTS or length(partial) <= before:
                raise


def length(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


def _ask(url: str, partial: Path, size: int | None, progress: Progress, patience: StallPolicy) -> None:
    """Make one request for what is missing and append the answer."""
    start = length(partial)
    with _reasons(SourceError):
        try:
            response = urllib.request.urlopen(_request(url, start), timeout=patience.stall_seconds)
        except urllib.error.HTTPError as error:
            error.close()  # it holds the connection
            if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and size is None:
                return  # nothing comes after what is here: it is whole, or the hash will tell
            raise
    with closing(response):
        begin, total = _position(response, start, size)
        _append(response, partial, begin, total, progress, patience)


def _request(url: str, start: int) -> urllib.request.Request:
    headers = {"User-Agent": f"lrcore/{__version__}"}  # some servers refuse urllib's own
    return urllib.request.Request(url, headers=headers | ({"Range": f"bytes={start}-"} if start else {}))


def _position(response: Any, start: int, size: int | None) -> tuple[int, int | None]:
    """Offset of the answer in the file, and the size of the file in bytes; refuses a wrong answer at once."""
    if response.headers.get_content_type() == "text/html":  # a log-in page, or an error that calls itself a success
        raise SourceError("it answered with a web page")
    if response.status == http.client.PARTIAL_CONTENT:
        answered = response.headers.get("Content-Range", "")
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answered)
        if match is None or int(match[1]) != start:
            raise SourceError(f"asked for the bytes from {start} on, it answered with the range {answered!r}")
        begin, announced = start, match[2]
    else:  # no ranges here, or a local file: from the start
        begin, announced = 0, response.headers.get("Content-Length", "")
    total = int(announced) if announced.isdecimal() else size
    if size is not None and total != size:
        raise SourceError(f"it has {total} bytes, not {size}")
    return begin, total


def _append(
    response: Any, partial: Path, received: int, total: int | None, progress: Progress, patience: StallPolicy
) -> None:
    """Write until the whole is there; without a known total, until the end."""
    watch = RateWatch(patience, received)
    with partial.open("ab" if received else "wb") as file:
        if total is not None:
            progress(received, total)
        while chunk := _read(response, CHUNK_BYTES if total is None else min(CHUNK_BYTES, total - received)):
            received += file.write(chunk)
            if total is not None:
                progress(received, total)
            if received != total:
                watch(received)
    if total is not None and received < total:
        raise CutError(f"it broke off after {received} of {total} bytes")


def _read(response: Any, most: int) -> bytes:
    """The bytes that have arrived, without waiting for `most` of them; empty at the end."""
    with _reasons(CutError):
        chunk: bytes = response.read1(most)
    return chunk


@contextmanager
def _reasons(kind: type[SourceError]) -> Iterator[None]:
    """Turn what the network raises into one line."""
    try:
        yield
    except NETWORK_ERRORS as error:
        reason = error.reason if type(error) is urllib.error.URLError else error
        text = str(getattr(reason, "strerror", None) or reason)
        raise kind(" ".join(text.split())) from error  # what a server answers may have line breaks


def download_first(
    sources: tuple[Source, ...], folder: Path, report: Report, patience: StallPolicy
) -> tuple[Path, Archive]:
    """Download an archive, whole and with the right hash.

    The sources are tried in order. Those that are only slow are tried again at the end, the fastest first, and then at
    any rate. What a source gave stays for the next one and for the next time.

    Args:
        sources: Where to ask.
        folder: Where the file is to be.
        report: Told of each try and each failure.
        patience: When a source gives way.

    Returns:
        The file, and which archive it is.

    Raises:
        OSError: No source gave an archive, each for the reason that the message names; or the file cannot be written.
    """
    attempts = _Attempts(folder, report)
    found = None
    if len(sources) > 1:
        found = attempts.first_of(sources, patience)
        sources = attempts.slow_sources()
    found = found or attempts.first_of(sources, patience.without_min_rate())
    if found is None:
        reasons = "; ".join(f"{source.url}: {reason}" for source, reason in attempts.failures.items())
        raise OSError(f"CIFAR-10 could not be downloaded: {reasons}; {VARIABLE} may name another address")
    return found


class _Attempts:
    """Tries sources and remembers why they failed."""

    def __init__(self, folder: Path, report: Report) -> None:
        self._folder, self._report = folder, report
        self.failures: dict[Source, SourceError] = {}

    def first_of(self, sources: Iterable[Source], patience: StallPolicy) -> tuple[Path, Archive] | None:
        """The result of the first source that did not fail, or None."""
        for source in sources:
            try:
                return self._fetched(source, patience)
            except SourceError as error:
                self.failures[source] = error
                self._report.log(f"{source.url} failed: {error}")
        return None

    def slow_sources(self) -> tuple[Source, ...]:
        """Sources that failed by being slow, the fastest first."""
        rates = {source: error.rate for source, error in self.failures.items() if isinstance(error, SlowError)}
        return tuple(sorted(rates, key=lambda source: rates[source], reverse=True))

    def _fetched(self, source: Source, patience: StallPolicy) -> tuple[Path, Archive]:
        partial = self._folder / source.partial_name
        standing = length(partial)
        self._report.log(
            f"resuming {source.url} at {standing / 1e6:.1f} MB" if standing else f"downloading {source.url}"
        )
        fetch(source.url, partial, source.size, self._report.progress, patience)
        try:
            return partial, source.recognised(digest(partial, "sha256"))
        except SourceError:
            partial.unlink()
            raise
