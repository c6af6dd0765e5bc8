"""Progress of a download with its rate and the time left: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from lrcore.cifar.data import Report


@contextmanager
def report_download(console: Console) -> Iterator[Report]:
    """Show how a download goes on, if there is one; yields what `load` tells of it."""

    def tell(line: str) -> None:
        console.print(line, soft_wrap=True)

    if not console.is_terminal:
        yield Report(DownloadLines(console), tell)
        return
    bar = _bar(console)
    try:
        yield Report(_DownloadBar(bar), tell)
    finally:
        bar.stop()


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


class _DownloadBar:
    """Starts the bar with the first bytes, and again where a download begins anew."""

    def __init__(self, bar: Progress) -> None:
        self._bar, self._task = bar, bar.add_task("CIFAR-10", total=None)
        self._before: tuple[int, int] | None = None

    def __call__(self, received: int, expected: int) -> None:
        if _begins(self._before, received, expected):
            self._bar.reset(self._task, total=expected, completed=received)  # what was here before has no rate
            self._bar.start()
        else:
            self._bar.update(self._task, completed=received)
        self._before = received, expected


class DownloadLines:
    """Prints a line at each tenth of a download.

    Args:
        console: Where to print.
        clock: Seconds, from any start.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._before: tuple[int, int] | None = None
        self._printed, self._since = 0, 0.0

    def __call__(self, received: int, expected: int) -> None:
        """Tell how many of the expected bytes are there."""
        if _begins(self._before, received, expected):
            self._printed, self._since = received, self._clock()
        elif 10 * received // expected > 10 * self._printed // expected:
            self._print(received, expected)
        self._before = received, expected

    def _print(self, received: int, expected: int) -> None:
        """Print a line with the rate since the last one: it tells of now, not of an hour ago."""
        now = self._clock()
        rate = (received - self._printed) / max(now - self._since, 1e-9)
        left = timedelta(seconds=round((expected - received) / rate))
        self._console.print(
            f"downloaded {received / 1e6:.0f} of {expected / 1e6:.0f} MB, {rate / 1e6:.2f} MB/s, {left} left",
            highlight=False,
            soft_wrap=True,
        )
        self._printed, self._since = received, now


def _begins(before: tuple[int, int] | None, received: int, expected: int) -> bool:
    """Whether this is not the same download going on."""
    return before is None or received < before[0] or expected != before[1]
