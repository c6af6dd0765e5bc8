"""Order of the sources, their reports, and the error when every one fails."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lrcore.cifar.data import Report
from lrcore.cifar.data.download import ensure_cifar10
from lrcore.cifar.data.download.archive import BINARY, PYTHON, Archive
from lrcore.cifar.data.download.sources import MIRRORS, Source, StallPolicy

Sources = Callable[..., tuple[Source, ...]]
Files = Callable[[Path], dict[str, bytes]]
Requests = list[tuple[str, str | None]]

EVERYTHING_IS_SLOW = StallPolicy(slow_rate=math.inf, slow_seconds=0)


def test_the_archives_are_the_published_ones() -> None:
    assert (BINARY.size, PYTHON.size) == (170052171, 170498071)
    assert BINARY.sha256 == "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    assert PYTHON.sha256 == "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"  # as Keras has it


def test_the_authors_address_comes_before_the_mirrors() -> None:
    assert MIRRORS[0] == Source("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", (BINARY,))
    assert all(source.url.startswith("https://") for source in MIRRORS)
    assert [source.archives[0].name in source.url for source in MIRRORS] == [True] * 5
    assert {source.archives for source in MIRRORS} == {(BINARY,), (PYTHON,)}


REASONS = [
    ("absent", "HTTP Error 404: Not Found"),
    ("garbage", "garbage"),
    ("page", "it has 6 bytes, not [0-9]+"),
    ("page-without-length", "it answered with a web page"),
    ("cut-without-length", "it broke off after 6 of [0-9]+ bytes"),
    ("wrong", r"it gave a file with SHA-256 [0-9a-f]{64}, not [0-9a-f]{64} \(cifar-10-binary.tar.gz\); it was removed"),
]


@pytest.mark.parametrize(("fault", "reason"), REASONS)
def test_after_a_failure_the_next_source_gives_the_other_layout(
    sources: Sources,
    cache: Path,
    originals: Path,
    files_of: Files,
    report: Report,
    lines: list[str],
    fault: str,
    reason: str,
) -> None:
    first, second = sources(f"{fault}/binary", "ranges/python")
    folder = ensure_cifar10(report, (first, second))
    assert folder == cache / "cifar-10-batches-py"
    assert files_of(folder) == files_of(originals / folder.name)
    assert lines[0] == f"downloading {first.url}"
    assert lines[2] == f"downloading {second.url}"
    assert re.fullmatch(f"{first.url} failed: {reason}", lines[1])
    assert sorted(path.name for path in cache.iterdir()) == ["cifar-10-batches-py", "cifar-10.lock"]


def test_when_none_is_left_the_error_names_each_with_its_reason(sources: Sources, cache: Path) -> None:
    chosen = sources(*(f"{fault}/binary" for fault, _ in REASONS))
    reasons = "; ".join(f"{source.url}: {reason}" for source, (_, reason) in zip(chosen, REASONS, strict=True))
    message = f"^CIFAR-10 could not be downloaded: {reasons}; LRCORE_CIFAR10_URL may name another address$"
    with pytest.raises(OSError, match=message) as caught:
        ensure_cifar10(sources=chosen)
    assert "\n" not in str(caught.value)
    assert not (cache / "cifar-10-binary.tar.gz.part").exists()


def test_no_network_is_one_sentence(cache: Path, binary: Archive) -> None:
    source = Source("http://127.0.0.1:1/good", (binary,))
    with pytest.raises(OSError, match=f"^CIFAR-10 could not be downloaded: {source.url}: Connection refused; LRCORE"):
        ensure_cifar10(sources=(source,))


def test_the_next_source_resumes_where_a_slow_one_stopped(
    sources: Sources,
    cache: Path,
    originals: Path,
    files_of: Files,
    requests: Requests,
    gate: threading.Event,
    report: Report,
    lines: list[str],
) -> None:
    first, second = sources("trickle/binary", "ranges/binary")
    folder = ensure_cifar10(report, (first, second), EVERYTHING_IS_SLOW)
    assert files_of(folder) == files_of(originals / folder.name)
    assert requests[:2] == [("/trickle/cifar-10-binary.tar.gz", None), ("/ranges/cifar-10-binary.tar.gz", "bytes=1-")]
    assert re.fullmatch(f"{first.url} failed: only [0-9]+ kB/s, and others may be faster", lines[1])


def test_where_all_are_slow_the_fastest_is_taken_at_any_rate(
    sources: Sources, cache: Path, originals: Path, files_of: Files, requests: Requests, gate: threading.Event
) -> None:
    folder = ensure_cifar10(
        sources=sources("trickle/binary", "ranges/python", "absent/binary"), patience=EVERYTHING_IS_SLOW
    )
    assert files_of(folder) == files_of(originals / "cifar-10-batches-py")
    asked = [path.split("/")[1] for path, _ in requests]
    assert asked == ["trickle", "ranges", "absent", "ranges"]
    assert requests[-1][1] is not None


def test_a_single_source_may_be_slow(
    sources: Sources, cache: Path, requests: Requests, report: Report, lines: list[str]
) -> None:
    ensure_cifar10(report, sources("ranges/binary"), EVERYTHING_IS_SLOW)
    assert len(requests) == 1
    assert [line.split()[0] for line in lines] == ["downloading", "unpacking"]


@pytest.mark.parametrize("layout", ["binary", "python"])
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_the_environment_address_replaces_the_source_list(
    sources: Sources,
    server: str,
    cache: Path,
    originals: Path,
    files_of: Files,
    requests: Requests,
    monkeypatch: pytest.MonkeyPatch,
    layout: str,
    scheme: str,
) -> None:
    name = f"cifar-10-{layout}.tar.gz"
    url = f"{server}/ranges/{name}" if scheme == "http" else (originals / name).as_uri()
    monkeypatch.setenv("LRCORE_CIFAR10_URL", url)
    folder = ensure_cifar10(sources=sources("absent/binary", "absent/python"))
    assert files_of(folder) == files_of(originals / folder.name)
    assert [path for path, _ in requests] == ([f"/ranges/{name}"] if scheme == "http" else [])
    assert sorted(path.name for path in cache.iterdir()) == [folder.name, "cifar-10.lock"]


def test_the_error_lists_an_unknown_archive_and_both_known_ones(
    sources: Sources, cache: Path, tmp_path: Path, binary: Archive, python: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "archive").write_bytes(b"abc")
    url = (tmp_path / "archive").as_uri()
    monkeypatch.setenv("LRCORE_CIFAR10_URL", url)
    sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
    known = rf"{binary.sha256} \({binary.name}\) nor {python.sha256} \({python.name}\)"
    with pytest.raises(OSError, match=f": {url}: it gave a file with SHA-256 {sha256_of_abc}, not {known}; it was rem"):
        ensure_cifar10(sources=sources("ranges/binary", "ranges/python"))
    assert [path.name for path in cache.iterdir()] == ["cifar-10.lock"]
    assert (tmp_path / "archive").read_bytes() == b"abc"


@pytest.mark.parametrize("url", ["cifar.tar.gz", "/data/cifar.tar.gz", "ftp://host/cifar.tar.gz", "http://[bad"])
def test_an_invalid_address_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("LRCORE_CIFAR10_URL", url)
    message = f"LRCORE_CIFAR10_URL must be an http, https or file address, but got {url!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        ensure_cifar10()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:x/", "nonnumeric port: 'x'"),
        ("http:///archive", "no host given"),
        ("file:///does/not/exist", ".*No such file or directory"),
        ("http://127.0.0.1:1/a b", "URL can't contain control characters"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_sentence(
    cache: Path, monkeypatch: pytest.MonkeyPatch, url: str, reason: str
) -> None:
    monkeypatch.setenv("LRCORE_CIFAR10_URL", url)
    with pytest.raises(OSError, match=f"^CIFAR-10 could not be downloaded: {url}: {reason}"):
        ensure_cifar10()
