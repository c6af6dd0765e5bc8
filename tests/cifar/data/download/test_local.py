"""Archives of Keras and torchvision: found, checked, read in place and never changed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lrcore.cifar.data import Report
from lrcore.cifar.data.download import ensure_cifar10
from lrcore.cifar.data.download.archive import Archive
from lrcore.cifar.data.download.sources import Source

Sources = Callable[..., tuple[Source, ...]]
Files = Callable[[Path], dict[str, bytes]]

KERAS_3 = "home/.keras/datasets/cifar-10-batches-py-target/cifar-10-batches-py"
KERAS_2 = "home/.keras/datasets/cifar-10-batches-py"
PLACES = [
    KERAS_3,
    KERAS_2,
    "work/data/cifar-10-batches-py",
    "work/cifar-10-batches-py",
    "home/data/cifar-10-batches-py",
]


@pytest.fixture
def nowhere(binary: Archive, python: Archive) -> tuple[Source, ...]:
    """Sources that cannot be reached: what is found must be here already."""
    return tuple(Source("http://127.0.0.1:1/", (archive,)) for archive in (binary, python))


@pytest.mark.parametrize("place", [*PLACES, "work/datasets/cifar-10-batches-bin"])
def test_it_is_found_and_read_in_place_without_a_cache(
    cache: Path, originals: Path, nowhere: tuple[Source, ...], place: str, report: Report, lines: list[str]
) -> None:
    folder = cache.parent / place
    shutil.copytree(originals / folder.name, folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert ensure_cifar10(report, nowhere) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert not cache.exists()
    assert lines == []


def test_keras_may_have_another_home(
    cache: Path, tmp_path: Path, originals: Path, nowhere: tuple[Source, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    folder = tmp_path / "keras/datasets/cifar-10-batches-py-target/cifar-10-batches-py"
    shutil.copytree(originals / folder.name, folder)
    assert ensure_cifar10(sources=nowhere) == folder


def test_the_cache_of_lrcore_comes_first(cache: Path, originals: Path, nowhere: tuple[Source, ...]) -> None:
    shutil.copytree(originals / "cifar-10-batches-py", cache.parent / KERAS_3)
    shutil.copytree(originals / "cifar-10-batches-py", cache / "cifar-10-batches-py")
    assert ensure_cifar10(sources=nowhere) == cache / "cifar-10-batches-py"


def change_a_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def make_a_folder_of(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (Path.unlink, "data_batch_5 is missing"),
        (change_a_byte, "data_batch_5 is damaged: its MD5 is [0-9a-f]{32}, not [0-9a-f]{32}"),
        (cut, "data_batch_5 is damaged: its MD5 is [0-9a-f]{32}, not [0-9a-f]{32}"),
        (make_a_folder_of, "it cannot be read: Is a directory"),
    ],
)
def test_a_damaged_one_is_passed_over_with_one_line(
    cache: Path,
    originals: Path,
    nowhere: tuple[Source, ...],
    report: Report,
    lines: list[str],
    harm: Callable[[Path], None],
    reason: str,
) -> None:
    damaged, whole = cache.parent / KERAS_3, cache.parent / PLACES[2]
    for folder in (damaged, whole):
        shutil.copytree(originals / folder.name, folder)
    harm(damaged / "data_batch_5")
    assert ensure_cifar10(report, nowhere) == whole
    (line,) = lines
    assert re.fullmatch(f"{damaged} is passed over: {reason}", line)


@pytest.mark.parametrize(
    ("place", "layout"),
    [
        ("work/data/cifar-10-python.tar.gz", "python"),
        ("work/cifar-10-binary.tar.gz", "binary"),
        ("home/.keras/datasets/cifar-10-batches-py-target_archive", "python"),
        ("home/.keras/datasets/cifar-10-batches-py.tar.gz", "python"),
    ],
)
def test_an_archive_that_lies_there_is_unpacked_into_the_cache(
    cache: Path,
    originals: Path,
    nowhere: tuple[Source, ...],
    files_of: Files,
    report: Report,
    lines: list[str],
    place: str,
    layout: str,
) -> None:
    path = cache.parent / place
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(originals / f"cifar-10-{layout}.tar.gz", path)
    folder = ensure_cifar10(report, nowhere)
    assert folder.parent == cache
    assert files_of(folder) == files_of(originals / folder.name)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert lines == [f"unpacking {path}"]


def test_an_unfinished_archive_is_skipped_and_kept(
    cache: Path, originals: Path, sources: Sources, report: Report, lines: list[str]
) -> None:
    path = cache.parent / "work/data/cifar-10-python.tar.gz"
    path.parent.mkdir()
    content = (originals / path.name).read_bytes()[:-1]
    path.write_bytes(content)
    assert ensure_cifar10(report, sources("ranges/binary", "ranges/python")) == cache / "cifar-10-batches-bin"
    assert path.read_bytes() == content
    (line, *_) = lines
    assert re.match(f"{path} is passed over: its SHA-256 is [0-9a-f]{{64}}, which no ", line)
