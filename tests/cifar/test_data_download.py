"""The download, against a real HTTP server on this machine with a small archive of the official layout."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from lrcore.cifar.data import load
from lrcore.cifar.data.download import OFFICIAL, Archive, downloaded

BATCHES = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
CONTENTS = {name: bytes([number] + [number * 20 + 5] * 3072) * 3 for number, name in enumerate(BATCHES)}


def tar_gz(contents: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


GOOD = tar_gz(
    {"../escaped": b"x", "cifar-10-batches-bin/readme.html": b"x"}
    | {"cifar-10-batches-bin/batches.meta.txt": b"airplane\n"}
    | {f"cifar-10-batches-bin/{name}": content for name, content in CONTENTS.items()}
)


class Handler(BaseHTTPRequestHandler):
    """Serves the archive, a wrong one, a longer one, a cut one, nothing, or something that is not HTTP."""

    requests = 0

    def do_GET(self) -> None:
        """Answer by the path's name."""
        type(self).requests += 1
        bodies = {"/good": GOOD, "/wrong": GOOD[:-1] + b"?", "/longer": GOOD + b"?" * 10**6, "/cut": GOOD[:-100]}
        if self.path == "/garbage":
            self.wfile.write(b"garbage\r\n\r\n")
        elif self.path in bodies:
            self.send_response(200)
            self.send_header("Content-Length", str(len(GOOD if self.path == "/cut" else bodies[self.path])))
            self.end_headers()
            self.wfile.write(bodies[self.path])
        else:
            self.send_error(404)

    def handle(self) -> None:
        """Serve, whether or not the client stays to the end."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""


@pytest.fixture
def server() -> Iterator[str]:
    Handler.requests = 0
    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("LRCORE_CACHE", str(folder))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return folder


def archive(url: str, content: bytes = GOOD) -> Archive:
    return Archive(url, len(content), hashlib.sha256(content).hexdigest())


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_official_archive_is_the_published_one() -> None:
    assert OFFICIAL.url == "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    assert OFFICIAL.size == 170052171
    assert OFFICIAL.sha256 == "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"


def test_the_named_members_alone_reach_the_cache(server: str, cache: Path) -> None:
    folder = downloaded(archive=archive(f"{server}/good"))
    assert folder == cache / "cifar-10-batches-bin"
    assert everything_in(cache.parent) == [
        f"cache/cifar-10-batches-bin/{name}" for name in ["batches.meta.txt", *BATCHES]
    ]
    assert {name: (folder / name).read_bytes() for name in BATCHES} == CONTENTS


def test_what_was_downloaded_is_loaded_and_not_downloaded_again(server: str, cache: Path) -> None:
    downloaded(archive=archive(f"{server}/good"))
    downloaded(archive=archive(f"{server}/good"))
    assert Handler.requests == 1
    data = load("cifar10")  # finds the folder in the cache, or would have to reach the official address
    assert data.train_labels.tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    assert data.test_images[0, 0, 0].tolist() == [105, 105, 105]
    assert data.source == str(cache / "cifar-10-batches-bin")
    assert not data.synthetic


def test_progress_counts_up_to_the_size(server: str, cache: Path) -> None:
    seen: list[tuple[int, int]] = []
    downloaded(lambda received, expected: seen.append((received, expected)), archive(f"{server}/good"))
    assert [received for received, _ in seen] == sorted({received for received, _ in seen})
    assert seen[-1] == (len(GOOD), len(GOOD))


@pytest.mark.parametrize("path", ["wrong", "longer"])
def test_wrong_bytes_are_refused_and_removed(server: str, cache: Path, path: str) -> None:
    with pytest.raises(ValueError, match=f"^{server}/{path} gave a file with SHA-256 [0-9a-f]+, not .* was removed$"):
        downloaded(archive=archive(f"{server}/{path}"))
    assert everything_in(cache) == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("absent", "HTTP Error 404: Not Found"),
        ("cut", f"it broke off after {len(GOOD) - 100} of {len(GOOD)} bytes"),
        ("garbage", "garbage"),
    ],
)
def test_a_failed_download_is_one_sentence_and_leaves_nothing(server: str, cache: Path, path: str, reason: str) -> None:
    with pytest.raises(OSError, match=f"^{server}/{path} could not be downloaded: {reason}") as caught:
        downloaded(archive=archive(f"{server}/{path}"))
    assert "\n" not in str(caught.value)
    assert everything_in(cache) == []


def test_no_network_is_one_sentence(cache: Path) -> None:
    url = "http://127.0.0.1:1/good"
    with pytest.raises(OSError, match=f"^{url} could not be downloaded: .*Connection refused$"):
        downloaded(archive=archive(url))
    assert everything_in(cache) == []


@pytest.mark.parametrize("missing", ["data_batch_5.bin", "batches.meta.txt"])
def test_an_archive_without_a_member_is_named(cache: Path, tmp_path: Path, missing: str) -> None:
    names = [name for name in [*BATCHES, "batches.meta.txt"] if name != missing]
    content = tar_gz({f"cifar-10-batches-bin/{name}": b"x" for name in names})
    (tmp_path / "archive").write_bytes(content)
    with pytest.raises(ValueError, match=f"does not hold the file cifar-10-batches-bin/{missing}$"):
        downloaded(archive=archive((tmp_path / "archive").as_uri(), content))
    assert everything_in(cache) == []
