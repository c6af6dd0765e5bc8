"""Progress of a download as the user sees it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from lrcore.cli._common import DownloadLines, report_download

MB = 1_000_000


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


def test_a_log_has_rate_and_remaining_time_at_each_tenth(output: io.StringIO) -> None:
    clock = iter([0.0, 10.0, 15.0, *range(16, 24)])
    show = DownloadLines(Console(file=output), lambda: next(clock))
    for received in range(0, 170 * MB + 1, MB):
        show(received, 170 * MB)
    lines = output.getvalue().splitlines()
    assert lines[:2] == [
        "downloaded 17 of 170 MB, 1.70 MB/s, 0:01:30 left",
        "downloaded 34 of 170 MB, 3.40 MB/s, 0:00:40 left",
    ]
    assert (lines[-1], len(lines)) == ("downloaded 170 of 170 MB, 17.00 MB/s, 0:00:00 left", 10)


def test_bytes_already_present_do_not_count_in_the_rate(output: io.StringIO) -> None:
    clock = iter([0.0, 10.0])
    show = DownloadLines(Console(file=output), lambda: next(clock))
    show(85 * MB, 170 * MB)
    show(102 * MB, 170 * MB)
    assert output.getvalue() == "downloaded 102 of 170 MB, 1.70 MB/s, 0:00:40 left\n"


@pytest.mark.parametrize("begun_anew", [(0, 170 * MB), (60 * MB, 200 * MB)])
def test_a_restarted_download_restarts_its_rate(output: io.StringIO, begun_anew: tuple[int, int]) -> None:
    clock = iter([0.0, 100.0, 200.0, 210.0])
    show = DownloadLines(Console(file=output), lambda: next(clock))
    show(0, 170 * MB)
    show(50 * MB, 170 * MB)
    show(*begun_anew)
    show(begun_anew[0] + 50 * MB, begun_anew[1])
    assert ", 5.00 MB/s, " in output.getvalue().splitlines()[1]


def test_a_log_has_the_lines_that_are_told_whole(output: io.StringIO) -> None:
    with report_download(Console(file=output, width=20, highlight=False, markup=False)) as report:
        report.log("downloading https://example.org/[archive]/cifar-10-binary.tar.gz")
    assert output.getvalue() == "downloading https://example.org/[archive]/cifar-10-binary.tar.gz\n"


@pytest.fixture
def terminal(output: io.StringIO) -> Console:
    return Console(file=output, force_terminal=True, width=120, legacy_windows=False)


def test_a_terminal_has_a_bar_with_bytes_rate_and_time_left(output: io.StringIO, terminal: Console) -> None:
    with report_download(terminal) as report:
        for received in range(0, 85 * MB + 1, MB):
            report.progress(received, 170 * MB)
    shown = output.getvalue()
    assert "85.0/170.0 MB" in shown
    assert "B/s" in shown
    assert "0:00:0" in shown


def test_a_resumed_bar_starts_at_the_file_size_without_a_rate(output: io.StringIO, terminal: Console) -> None:
    with report_download(terminal) as report:
        report.progress(85 * MB, 170 * MB)
    shown = output.getvalue()
    assert "85.0/170.0 MB" in shown
    assert "?" in shown


def test_without_a_download_a_terminal_stays_as_it_is(output: io.StringIO, terminal: Console) -> None:
    with report_download(terminal):
        pass
    assert output.getvalue() == ""
