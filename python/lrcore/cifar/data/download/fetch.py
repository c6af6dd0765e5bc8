"""One source: its bytes into a file, from wherever the file stands."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from lrcore._version import __version__
from lrcore.cifar.data.download.archive import CHUNK_BYTES
from lrcore.cifar.data.download.patience import Patience, RateWatch
from lrcore.cifar.data.download.report import Progress
from lrcore.cifar.data.download.sources import CutError, SourceError

MAX_CUTS = 10
NETWORK_ERRORS = (OSError, http.client.HTTPException, ValueError)  # ValueError: what urllib says of a bad address


def fetch(url: str, partial: Path, size: int | None, progress: Progress, patience: Patience) -> None:
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


def _ask(url: str, partial: Path, size: int | None, progress: Progress, patience: Patience) -> None:
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
    """Where in the file the answer begins, and the bytes of the whole; refused before it can do harm."""
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
    response: Any, partial: Path, received: int, total: int | None, progress: Progress, patience: Patience
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
    """What is there now, without waiting for `most` to be full; nothing at the end."""
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
