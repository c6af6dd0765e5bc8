"""Runs as the command leaves them, with a range test and a rollback that they did not do, and a page taken apart."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from lrcore import RangeTestResult, StopReason
from lrcore.cifar.report import write_report

SCHEDULE = "cyclic(1e-3, 1e-2, step_size_up=8)"
ROLLBACK = '{"event": "rollback", "step": 12, "message": "the loss is 60, back to update 12", "scale": 0.5}\n'


def falling(steepest: float) -> RangeTestResult:
    """A loss that falls by 1, fastest at `steepest`: 0.1 of it up to a third of that, 0.9 up to three times that."""
    lrs = np.geomspace(1e-5, 1.0, 101)
    losses = 2.3 - 1 / (1 + (steepest / lrs) ** 2)
    return RangeTestResult(lrs, losses, losses, StopReason.finished)


@pytest.fixture(scope="session")
def trained(cifar_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same short training in each framework; not to be written to. The last line of each log was cut short."""
    root = tmp_path_factory.mktemp("trained")
    for framework, steepest in (("torch", 1e-3), ("keras", 1e-2)):
        command = [sys.executable, "-m", "lrcore", "train", "--schedule", SCHEDULE, "--framework", framework]
        command += ["--data", str(cifar_folder), "--epochs", "2", "--batch-size", "16", "--out", str(root / framework)]
        subprocess.run(command, check=True, capture_output=True)
        shutil.rmtree(root / framework / "checkpoints")
        (root / framework / "range_test.json").write_text(falling(steepest).to_json())
        with open(root / framework / "log.jsonl", "a") as log:
            log.write(ROLLBACK + '{"event": "war')
    return {framework: root / framework for framework in ("torch", "keras")}


@pytest.fixture
def runs(trained: dict[str, Path], tmp_path: Path) -> dict[str, Path]:
    """The same, to be written to, and without what takes most of the time to draw or to copy."""
    without = shutil.ignore_patterns("range_test.json", "*.png", "*.safetensors")
    return {name: shutil.copytree(path, tmp_path / name, ignore=without) for name, path in trained.items()}


class Page(HTMLParser):
    """The elements, the text of each section, and the tables by caption, each with its cells by row label."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.source = path.read_text()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, dict[str, list[str]]] = {}
        self.marked: set[str] = set()
        self._texts: dict[str, list[str]] = {}
        self._section, self._place, self._row_is_marked = "", "", False
        self.feed(self.source)

    def text(self, section: str) -> str:
        return re.sub(r"\s+", " ", " ".join(self._texts[section])).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        if tag == "section":
            self._section = given["id"] or ""
        if tag in ("caption", "td") or (tag == "th" and given["scope"] == "row"):
            self._place = tag
            self._begin(tag)
        if tag == "tr":
            self._row_is_marked = given.get("class") == "differs"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("caption", "td", "th"):
            self._place = ""

    def handle_data(self, data: str) -> None:
        self._texts.setdefault(self._section, []).append(data)
        if self._place == "caption":
            self._rows = self.tables.setdefault(data, {})
        elif self._place == "th" and data.strip(" ≠\n"):
            self._cells = self._rows.setdefault(data.strip(), [])
            if self._row_is_marked:
                self.marked.add(data.strip())
        elif self._place == "td":
            self._cells[-1] += data

    def _begin(self, tag: str) -> None:
        if tag == "caption":
            self._cells = [""]  # the empty corner of the head
        if tag == "td":
            self._cells.append("")


@pytest.fixture(scope="session")
def both(trained: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page about both."""
    return Page(write_report(list(trained.values()), tmp_path_factory.mktemp("page") / "report.html"))


@pytest.fixture
def read_page(tmp_path: Path) -> Callable[..., Page]:
    """Writes a report of these runs and takes it apart."""
    return lambda *paths: Page(write_report(paths, tmp_path / "report.html"))
