"""A cut connection, a partial file from before, and the sources that do and do not go on from there."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lrcore.cifar.data import Report
from lrcore.cifar.data.download import ensure_cifar10
from lrcore.cifar.data.download.archive import Archive
from lrcore.cifar.data.download.fetch import MAX_CUTS
from lrcore.cifar.data.download.sources import Source, StallPolicy

Sources = Callable[..., tuple[Source, ...]]
Files = Callable[[Path], dict[str, bytes]]
Requests = list[tuple[str, str | None]]


@pytest.fixture
def partial(cache: Path, originals: Path) -> Path:
    """The first 100,000 bytes, as an earlier run left them."""
    cache.mkdir()
    path = cache / "cifar-10-binary.tar.gz.part"
    path.write_bytes((originals / "cifar-10-binary.tar.gz").read_bytes()[:100_000])
    return path


def test_after_a_cut_the_same_source_is_asked_for_the_rest(
    sources: Sources, cache: Path, binary: Archive, originals: Path, files_of: Files, requests: Requests
) -> None:
    folder = ensure_cifar10(sources=sources("cut-once/binary"))
    assert files_of(folder) == files_of(originals / folder.name)
    assert [asked for _, asked in requests] == [None, f"bytes={binary.size // 2}-"]


def test_the_next_source_resumes_after_repeated_disconnects(
    sources: Sources,
    cache: Path,
    originals: Path,
    files_of: Files,
    requests: Requests,
    lines: list[str],
    report: Report,
) -> None:
    first, second = sources("cut-always/binary", "ranges/binary")
    folder = ensure_cifar10(report, (first, second))
    assert files_of(folder) == files_of(originals / folder.name)
    assert [asked for _, asked in requests][1:] == [f"bytes={20_000 * cuts}-" for cuts in range(1, MAX_CUTS + 1)]
    assert requests[-1][0] == "/ranges/cifar-10-binary.tar.gz"
    broken = f"it broke off after {20_000 * MAX_CUTS} of {first.size} bytes"
    assert lines[1:3] == [f"{first.url} failed: {broken}", f"resuming {second.url} at 0.2 MB"]


def test_a_source_without_progress_is_not_asked_a_third_time(
    sources: Sources, cache: Path, binary: Archive, requests: Requests
) -> None:
    broken = f"it broke off after {binary.size // 2} of {binary.size} bytes"
    with pytest.raises(OSError, match=broken):
        ensure_cifar10(sources=sources("cut-without-ranges/binary"))
    assert len(requests) == 2


def test_a_source_that_stalls_counts_as_cut(
    sources: Sources,
    cache: Path,
    binary: Archive,
    requests: Requests,
    gate: threading.Event,
    lines: list[str],
    report: Report,
) -> None:
    first, second = sources("gate/binary", "ranges/binary")
    ensure_cifar10(report, (first, second), StallPolicy(stall_seconds=0.5))
    half = f"bytes={binary.size // 2}-"
    assert requests == [
        ("/gate/cifar-10-binary.tar.gz", None),
        ("/gate/cifar-10-binary.tar.gz", half),
        ("/ranges/cifar-10-binary.tar.gz", half),
    ]
    assert lines[1] == f"{first.url} failed: timed out"


def test_a_later_run_asks_for_the_rest_and_progress_starts_there(
    sources: Sources,
    cache: Path,
    partial: Path,
    originals: Path,
    files_of: Files,
    requests: Requests,
    report: Report,
    seen: list[tuple[int, int]],
    lines: list[str],
) -> None:
    (source,) = sources("ranges/binary")
    folder = ensure_cifar10(report, (source,))
    assert files_of(folder) == files_of(originals / folder.name)
    assert requests == [("/ranges/cifar-10-binary.tar.gz", "bytes=100000-")]
    assert seen[0] == (100_000, source.size)
    assert lines[0] == f"resuming {source.url} at 0.1 MB"
    assert not partial.exists()


def test_a_source_without_ranges_starts_over(
    sources: Sources,
    cache: Path,
    partial: Path,
    originals: Path,
    files_of: Files,
    report: Report,
    seen: list[tuple[int, int]],
) -> None:
    folder = ensure_cifar10(report, sources("plain/binary"))
    assert files_of(folder) == files_of(originals / folder.name)
    assert seen[0][0] == 0


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("skewed", "asked for the bytes from 100000 on, it answered with the range 'bytes 1-"),
        ("page", "it has 6 bytes, not "),
        ("page-without-length", "it answered with a web page"),
        ("absent", "HTTP Error 404: Not Found"),
    ],
)
def test_a_bad_response_leaves_the_partial_file_unchanged(
    sources: Sources,
    cache: Path,
    partial: Path,
    requests: Requests,
    report: Report,
    lines: list[str],
    fault: str,
    reason: str,
) -> None:
    ensure_cifar10(report, sources(f"{fault}/binary", "ranges/binary"))
    assert lines[1].startswith(f"{sources(f'{fault}/binary')[0].url} failed: {reason}")
    assert requests[-1] == ("/ranges/cifar-10-binary.tar.gz", "bytes=100000-")


def test_a_file_that_is_whole_is_only_hashed(
    sources: Sources, cache: Path, partial: Path, originals: Path, files_of: Files, requests: Requests
) -> None:
    partial.write_bytes((originals / "cifar-10-binary.tar.gz").read_bytes())
    folder = ensure_cifar10(sources=sources("ranges/binary"))
    assert files_of(folder) == files_of(originals / folder.name)
    assert requests == []


def test_a_corrupt_partial_file_is_downloaded_again(
    sources: Sources, cache: Path, partial: Path, originals: Path, files_of: Files, requests: Requests
) -> None:
    partial.write_bytes(bytes(100_000))
    folder = ensure_cifar10(sources=sources("ranges/binary", "ranges/binary"))
    assert files_of(folder) == files_of(originals / folder.name)
    assert [asked for _, asked in requests] == ["bytes=100000-", None]


def test_a_user_address_is_resumed_until_the_file_is_whole(
    server: str,
    sources: Sources,
    cache: Path,
    originals: Path,
    requests: Requests,
    monkeypatch: pytest.MonkeyPatch,
    files_of: Files,
) -> None:
    url = f"{server}/ranges/cifar-10-python.tar.gz"
    monkeypatch.setenv("LRCORE_CIFAR10_URL", url)
    cache.mkdir()
    content = (originals / "cifar-10-python.tar.gz").read_bytes()
    name = f"cifar-10-{hashlib.sha256(url.encode()).hexdigest()[:16]}.part"
    for standing in (100_000, len(content)):
        (cache / name).write_bytes(content[:standing])
        folder = ensure_cifar10(sources=sources("absent/binary", "absent/python"))
        assert files_of(folder) == files_of(originals / "cifar-10-batches-py")
        assert requests[-1][1] == f"bytes={standing}-"
        folder.rename(cache.parent / str(standing))
