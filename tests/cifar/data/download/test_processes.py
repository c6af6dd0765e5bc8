"""Several processes: one downloads, the others wait, and a killed one is succeeded."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lrcore.cifar.data import Report
from lrcore.cifar.data.download import ensure_cifar10
from lrcore.cifar.data.download.archive import Archive
from lrcore.cifar.data.download.sources import Source

Sources = Callable[..., tuple[Source, ...]]
Files = Callable[[Path], dict[str, bytes]]
Requests = list[tuple[str, str | None]]
Start = Callable[[tuple[Source, ...]], subprocess.Popen[str]]

SCRIPT = """
from lrcore.cifar.data import Report
from lrcore.cifar.data.download import ensure_cifar10
from lrcore.cifar.data.download.archive import Archive
from lrcore.cifar.data.download.sources import Source

def tell(*what):
    print(*what, flush=True)

tell("obtained", ensure_cifar10(Report(tell, tell), {sources!r}))
"""


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process that downloads and prints what it is told."""
    with ExitStack() as stack:

        def started(sources: tuple[Source, ...]) -> subprocess.Popen[str]:
            command = [sys.executable, "-c", SCRIPT.format(sources=sources)]
            path = os.pathsep.join(sys.path)  # a relative PYTHONPATH leads elsewhere from here
            environment = {**os.environ, "PYTHONPATH": path}
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
            stack.callback(process.kill)
            return process

        yield started


def read_until(process: subprocess.Popen[str], beginning: str) -> str:
    """The first line of its output that begins so."""
    assert process.stdout is not None
    return next(line for line in process.stdout if line.startswith(beginning)).rstrip("\n")


def test_a_second_process_waits_and_uses_the_first_ones_folder(
    start: Start,
    sources: Sources,
    cache: Path,
    binary: Archive,
    originals: Path,
    files_of: Files,
    requests: Requests,
    gate: threading.Event,
) -> None:
    first = start(sources("gate/binary"))
    read_until(first, f"{binary.size // 2} ")
    second = start(sources("gate/binary"))
    waits = f"another process is downloading CIFAR-10 into {cache}: waiting for it"
    assert read_until(second, "") == waits
    gate.set()
    folder = cache / "cifar-10-batches-bin"
    assert [read_until(process, "obtained") for process in (first, second)] == [f"obtained {folder}"] * 2
    assert files_of(folder) == files_of(originals / folder.name)
    assert requests == [("/gate/cifar-10-binary.tar.gz", None)]


def test_a_waiting_process_resumes_a_killed_download(
    start: Start,
    sources: Sources,
    cache: Path,
    binary: Archive,
    originals: Path,
    files_of: Files,
    requests: Requests,
    gate: threading.Event,
) -> None:
    first = start(sources("gate/binary"))
    read_until(first, f"{binary.size // 2} ")
    second = start(sources("ranges/binary"))
    read_until(second, "another process")
    first.kill()
    read_until(second, "obtained")
    folder = cache / "cifar-10-batches-bin"
    assert files_of(folder) == files_of(originals / folder.name)
    (_, nothing), (_, rest) = requests
    assert nothing is None
    assert rest is not None
    assert rest.startswith("bytes=")


def test_after_a_kill_the_next_run_downloads_only_the_rest(
    start: Start,
    sources: Sources,
    cache: Path,
    binary: Archive,
    originals: Path,
    files_of: Files,
    requests: Requests,
    gate: threading.Event,
    report: Report,
    lines: list[str],
) -> None:
    killed = start(sources("gate/binary"))
    read_until(killed, f"{binary.size // 2} ")
    killed.kill()
    assert killed.wait() == -9
    standing = (cache / "cifar-10-binary.tar.gz.part").stat().st_size
    assert 0 < standing <= binary.size // 2
    folder = ensure_cifar10(report, sources("ranges/binary"))
    assert files_of(folder) == files_of(originals / folder.name)
    assert requests[1:] == [("/ranges/cifar-10-binary.tar.gz", f"bytes={standing}-")]
    assert lines[0].startswith("resuming ")
