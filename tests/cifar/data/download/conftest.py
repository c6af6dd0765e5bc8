"""A small CIFAR-10 in both layouts and archives, a web server with every fault, and a machine without caches."""

from __future__ import annotations

import hashlib
import io
import pickle
import re
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from lrcore.cifar.data import Report
from lrcore.cifar.data.download.archive import Archive
from lrcore.cifar.data.download.sources import Source

NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


def make_tar_gz(path: Path, contents: dict[str, bytes]) -> None:
    with tarfile.open(path, mode="w:gz") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders of 6 x 20 images of noise, and both archives; about 370,000 bytes each, so several chunks."""
    root = tmp_path_factory.mktemp("originals")
    random = np.random.default_rng(0)
    contents: dict[str, dict[str, bytes]] = {"cifar-10-batches-bin": {}, "cifar-10-batches-py": {}}
    for name in NAMES:
        labels, rows = random.permutation(np.arange(20) % 10), random.integers(0, 256, (20, 3072), np.uint8)
        records = np.column_stack([labels.astype(np.uint8), rows])
        contents["cifar-10-batches-bin"][f"{name}.bin"] = records.tobytes()
        contents["cifar-10-batches-py"][name] = pickle.dumps({b"labels": labels.tolist(), b"data": rows}, protocol=2)
    for folder, archive in [("cifar-10-batches-bin", "binary"), ("cifar-10-batches-py", "python")]:
        (root / folder).mkdir()
        for name, content in contents[folder].items():
            (root / folder / name).write_bytes(content)
        inside = {f"{folder}/{name}": content for name, content in contents[folder].items()}
        strangers = {"../escaped": b"x", f"{folder}/readme.html": b"x", "data_batch_1": b"x"}
        make_tar_gz(root / f"cifar-10-{archive}.tar.gz", strangers | inside)
    return root


def described(originals: Path, name: str, folder: str, algorithm: str) -> Archive:
    content = (originals / name).read_bytes()
    members = {
        path.name: hashlib.new(algorithm, path.read_bytes()).hexdigest() for path in (originals / folder).iterdir()
    }
    return Archive(name, len(content), hashlib.sha256(content).hexdigest(), folder, algorithm, members)


@pytest.fixture(scope="session")
def binary(originals: Path) -> Archive:
    return described(originals, "cifar-10-binary.tar.gz", "cifar-10-batches-bin", "sha256")


@pytest.fixture(scope="session")
def python(originals: Path) -> Archive:
    return described(originals, "cifar-10-python.tar.gz", "cifar-10-batches-py", "md5")


@pytest.fixture(scope="session")
def files_of() -> Callable[[Path], dict[str, bytes]]:
    """All files below a folder, with their content."""
    return lambda folder: {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache, not yet made, of a user without any data."""
    for name in ("home", "work"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LRCORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("KERAS_HOME", "LRCORE_CIFAR10_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache"


@pytest.fixture
def lines() -> list[str]:
    """Lines passed to `report`."""
    return []


@pytest.fixture
def seen() -> list[tuple[int, int]]:
    """The progress that `report` saw."""
    return []


@pytest.fixture
def report(lines: list[str], seen: list[tuple[int, int]]) -> Report:
    return Report(lambda received, expected: seen.append((received, expected)), lines.append)


class Server(ThreadingHTTPServer):
    """Serves /FAULT/ARCHIVE with that fault, and keeps the path and the Range header of each request."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.contents = contents
        self.requests: list[tuple[str, str | None]] = []
        self.gate = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        fault, name = self.path[1:].split("/")
        asked = self.headers["Range"]
        self.server.requests.append((self.path, asked))
        getattr(self, "do_" + fault.replace("-", "_"))(self.server.contents[name], asked)

    def do_plain(self, content: bytes, asked: str | None) -> None:
        """Knows no ranges."""
        self._answer(200, content, {"Content-Length": len(content)})

    def do_ranges(self, content: bytes, asked: str | None) -> None:
        self._ranges(content, asked, len(content))

    def do_cut_once(self, content: bytes, asked: str | None) -> None:
        self._ranges(content, asked, len(content) if asked else len(content) // 2)

    def do_cut_always(self, content: bytes, asked: str | None) -> None:
        """Gives some bytes at a time and never all."""
        self._ranges(content, asked, 20_000)

    def do_cut_without_ranges(self, content: bytes, asked: str | None) -> None:
        self._answer(200, content[: len(content) // 2], {"Content-Length": len(content)})

    def do_wrong(self, content: bytes, asked: str | None) -> None:
        self.do_ranges(content[:-1] + bytes([content[-1] ^ 1]), asked)

    def do_page(self, content: bytes, asked: str | None) -> None:
        """The answer of a captive portal to every request."""
        self._answer(200, b"<html>", {"Content-Length": 6})

    def do_page_without_length(self, content: bytes, asked: str | None) -> None:
        self._answer(200, b"<html>", {"Content-Type": "text/html; charset=utf-8"})

    def do_cut_without_length(self, content: bytes, asked: str | None) -> None:
        self._answer(200, content[:6], {})

    def do_without_length(self, content: bytes, asked: str | None) -> None:
        self._answer(200, content, {})

    def do_skewed(self, content: bytes, asked: str | None) -> None:
        """Answers with another range than the one that was asked for."""
        self._answer(206, content[1:], {"Content-Range": f"bytes 1-{len(content) - 1}/{len(content)}"})

    def do_moved(self, content: bytes, asked: str | None) -> None:
        self._answer(301, b"", {"Location": self.path.replace("moved", "ranges"), "Content-Length": 0})

    def do_absent(self, content: bytes, asked: str | None) -> None:
        self.send_error(404)

    def do_garbage(self, content: bytes, asked: str | None) -> None:
        self.wfile.write(b"garbage\r\n\r\n")

    def do_gate(self, content: bytes, asked: str | None) -> None:
        """Gives one half, or what is asked for, once the gate is open; at first the other half."""
        self._ranges(content, asked, 0 if asked else len(content) // 2, rest=True)

    def do_trickle(self, content: bytes, asked: str | None) -> None:
        self._ranges(content, asked, 1, rest=True)

    def _ranges(self, content: bytes, asked: str | None, most: int, rest: bool = False) -> None:
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked else 0  # type: ignore[index]
        size = len(content)
        if start >= size:
            return self._answer(416, b"", {"Content-Range": f"bytes */{size}", "Content-Length": 0})
        headers = {"Content-Length": size - start}
        ranges = {"Content-Range": f"bytes {start}-{size - 1}/{size}"} if asked else {}
        self._answer(206 if asked else 200, content[start : start + most], headers | ranges)
        if rest:
            self.server.gate.wait()
            self.wfile.write(content[start + most :])

    def _answer(self, status: int, body: bytes, headers: dict[str, object]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        """Serve, whether or not the client stays to the end."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""


@pytest.fixture
def _server(originals: Path) -> Iterator[Server]:
    with Server({path.name: path.read_bytes() for path in originals.glob("*.tar.gz")}) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.gate.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def server(_server: Server) -> str:
    return f"http://127.0.0.1:{_server.server_address[1]}"


@pytest.fixture
def requests(_server: Server) -> list[tuple[str, str | None]]:
    """Path and Range header of each request so far."""
    return _server.requests


@pytest.fixture
def gate(_server: Server) -> threading.Event:
    """The event that /gate and /trickle wait for."""
    return _server.gate


@pytest.fixture
def sources(server: str, binary: Archive, python: Archive) -> Callable[..., tuple[Source, ...]]:
    """Makes sources from such as "cut-once/binary"."""
    archives = {"binary": binary, "python": python}

    def make(*places: str) -> tuple[Source, ...]:
        pairs = [(fault, archives[layout]) for fault, layout in (place.split("/") for place in places)]
        return tuple(Source(f"{server}/{fault}/{archive.name}", (archive,)) for fault, archive in pairs)

    return make
