"""Output path and errors of the report command."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lrcore.__main__ import main
from lrcore.cifar.report import write_report
from lrcore.cli._runs import report

app = typer.Typer()
app.command()(report)


def lrcore_report(*arguments: object) -> str:
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False).output


def test_the_page_goes_into_the_folder_of_a_single_run(runs: dict[str, Path]) -> None:
    assert lrcore_report(runs["torch"]) == f"report: {runs['torch']}/report.html\n"
    assert (runs["torch"] / "report.html").read_text().startswith("<!DOCTYPE html>\n")


def test_the_page_about_several_goes_into_the_present_folder(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert lrcore_report("torch", "keras") == "report: report.html\n"
    assert "<title>torch, keras" in (tmp_path / "report.html").read_text()


def test_a_page_is_replaced_and_anything_else_is_not(runs: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "page[1].html"
    assert lrcore_report(runs["torch"], "--out", target) == f"report: {target}\n"
    assert lrcore_report(runs["keras"], "--out", target) == f"report: {target}\n"
    assert "<title>keras" in target.read_text()
    sentence = f"{target} is not a report of lrcore and is not overwritten: choose another --out"
    for precious in (b"", b"precious", b"<!DOCTYPE html>\n<html>"):
        target.write_bytes(precious)
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            write_report([runs["torch"]], target)
        assert target.read_bytes() == precious


def test_a_folder_that_is_not_a_run_is_refused(runs: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    with pytest.raises(ValueError, match=f"^{re.escape(str(tmp_path))} is not a run folder: it has no config.json$"):
        write_report([runs["torch"], tmp_path], target)
    with pytest.raises(ValueError, match=r"^run folder .*/torch is given twice$"):
        write_report([runs["torch"], tmp_path / "keras" / ".." / "torch"], target)
    with pytest.raises(ValueError, match=r"^runs must name at least one run folder$"):
        write_report([], target)
    assert not target.exists()


def test_the_command_ends_with_status_2_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["lrcore", "report", str(tmp_path)])
    assert main() == 2
    assert capsys.readouterr().err == f"lrcore: error: {tmp_path} is not a run folder: it has no config.json\n"


def test_a_page_that_cannot_be_written_is_named(runs: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for target, reason in (("missing/page.html", "No such file or directory"), ("file/page.html", "Not a directory")):
        with pytest.raises(OSError, match=f"^report .*/{target} cannot be written: {reason}$"):
            write_report([runs["torch"]], tmp_path / target)
    with pytest.raises(OSError, match=r"^report .*/keras cannot be written: Is a directory$"):
        write_report([runs["torch"]], runs["keras"])
    assert not list(tmp_path.glob("*.partial"))
