"""From one source to a folder in the cache: files, messages and failures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lrcore.cifar.data import Report, load
from lrcore.cifar.data.download import ensure_cifar10
from lrcore.cifar.data.download.archive import Archive
from lrcore.cifar.data.download.sources import Source

Sources = Callable[..., tuple[Source, ...]]
Files = Callable[[Path], dict[str, bytes]]


@pytest.mark.parametrize("layout", ["binary", "python"])
def test_the_batch_files_alone_reach_the_cache_byte_by_byte(
    sources: Sources, cache: Path, originals: Path, files_of: Files, layout: str
) -> None:
    chosen = sources(f"ranges/{layout}")
    folder = ensure_cifar10(sources=chosen)
    assert folder == cache / chosen[0].archives[0].folder
    assert files_of(folder) == files_of(originals / folder.name)
    assert sorted(path.name for path in cache.iterdir()) == [folder.name, "cifar-10.lock"]
    assert sorted(path.name for path in cache.parent.iterdir()) == ["cache", "home", "work"]


def test_cached_data_are_loaded_without_a_download(
    sources: Sources, cache: Path, requests: list[object], report: Report, lines: list[str]
) -> None:
    for _ in range(2):
        ensure_cifar10(sources=sources("ranges/binary"))
    assert len(requests) == 1
    data = load("cifar10", report=report)  # finds the folder in the cache, or would have to reach the real addresses
    assert (data.train_images.shape, data.test_images.shape) == ((100, 32, 32, 3), (20, 32, 32, 3))
    assert (data.source, data.synthetic) == (str(cache / "cifar-10-batches-bin"), False)
    assert lines == []


def test_both_layouts_are_the_same_data(sources: Sources, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = set()
    for layout in ("binary", "python"):
        monkeypatch.setenv("LRCORE_CACHE", str(cache / layout))
        ensure_cifar10(sources=sources(f"ranges/{layout}"))
        hashes.add(load("cifar10").sha256)
    assert len(hashes) == 1


def test_progress_starts_at_nothing_and_counts_up_to_the_size(
    sources: Sources, cache: Path, binary: Archive, report: Report, seen: list[tuple[int, int]]
) -> None:
    ensure_cifar10(report, sources("ranges/binary"))
    received = [count for count, _ in seen]
    assert received == sorted(set(received))
    assert len(received) > 2
    assert (seen[0], seen[-1]) == ((0, binary.size), (binary.size, binary.size))


def test_each_stage_is_reported(sources: Sources, cache: Path, report: Report, lines: list[str]) -> None:
    (source,) = sources("ranges/binary")
    ensure_cifar10(report, (source,))
    assert lines == [f"downloading {source.url}", f"unpacking {cache}/cifar-10-binary.tar.gz.part"]


def test_a_moved_archive_is_followed(sources: Sources, cache: Path, originals: Path, files_of: Files) -> None:
    folder = ensure_cifar10(sources=sources("moved/binary"))
    assert files_of(folder) == files_of(originals / folder.name)


def test_a_server_may_keep_the_length_to_itself(
    sources: Sources, cache: Path, originals: Path, files_of: Files
) -> None:
    folder = ensure_cifar10(sources=sources("without-length/binary"))
    assert files_of(folder) == files_of(originals / folder.name)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data_batch_6.bin": "0"}, "data_batch_6.bin is missing"),
        ({"test_batch.bin": "0"}, "test_batch.bin is damaged: its SHA256 is [0-9a-f]{64}, not 0"),
    ],
)
def test_an_archive_with_missing_files_leaves_no_folder(
    originals: Path, cache: Path, binary: Archive, change: dict[str, str], reason: str
) -> None:
    other = replace(binary, members={**binary.members, **change})
    source = Source((originals / binary.name).as_uri(), (other,))
    message = f"^what came out of {cache}/{binary.name}.part is not CIFAR-10: {reason}$"
    with pytest.raises(ValueError, match=message):
        ensure_cifar10(sources=(source,))
    assert not (cache / binary.folder).exists()


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that this process cannot write, root or not."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o555)
        if user == 0:
            os.seteuid(65534)
        monkeypatch.setenv("LRCORE_CACHE", name)
        yield Path(name)
        os.seteuid(user)


def test_a_read_only_cache_is_named(cache: Path, sources: Sources, requests: list[object], read_only: Path) -> None:
    message = f"^cache folder {read_only} cannot be written: Permission denied; LRCORE_CACHE may name another$"
    with pytest.raises(PermissionError, match=message):
        ensure_cifar10(sources=sources("ranges/binary"))
    assert requests == []


def test_a_file_at_the_cache_path_is_named(
    cache: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch, requests: list[object]
) -> None:
    cache.write_bytes(b"")
    monkeypatch.setenv("LRCORE_CACHE", str(cache / "below"))
    message = f"^cache folder {cache}/below cannot be written: Not a directory; LRCORE_CACHE may name another$"
    with pytest.raises(NotADirectoryError, match=message):
        ensure_cifar10(sources=sources("ranges/binary"))
    assert requests == []
