"""Progress with learning rate and loss: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINES_PER_RUN = 8


class Report(Protocol):
    """Callbacks of a run."""

    def update(self, done: int, lr: float, loss: float) -> None:
        """Tell how many updates are done, and of the last of them."""

    def log(self, message: str) -> None:
        """Tell anything else, in one line."""


@contextmanager
def report_progress(label: str, total: int, console: Console) -> Iterator[Report]:
    """Show how far a run of `total` updates has come; yields what to tell of each update."""
    if console.is_terminal:
        with _bar(console) as bar:
            yield _Bar(label, total, bar)
    else:
        yield _Lines(label, total, console)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("lr {task.fields[lr]:.2e}  loss {task.fields[loss]:.3f}"),
        TimeRemainingColumn(),
        console=console,
        refresh_per_second=4,  # each refresh takes time from the model
    )


class _Bar:
    """Moves a bar."""

    def __init__(self, label: str, total: int, bar: Progress) -> None:
        self._bar, self._task = bar, bar.add_task(label, total=total, lr=0.0, loss=0.0)

    def update(self, done: int, lr: float, loss: float) -> None:
        self._bar.update(self._task, completed=done, lr=lr, loss=loss)

    def log(self, message: str) -> None:
        self._bar.console.print(message)


class _Lines:
    """Prints a line at even distances, so that a log file stays short."""

    def __init__(self, label: str, total: int, console: Console) -> None:
        self._label, self._total, self._console = label, total, console
        self._every = max(1, total // LINES_PER_RUN)

    def update(self, done: int, lr: float, loss: float) -> None:
        if done % self._every == 0 or done == self._total:
            self.log(f"{self._label} {done}/{self._total} lr {lr:.2e} loss {loss:.3f}")

    def log(self, message: str) -> None:
        self._console.print(message, highlight=False, soft_wrap=True)
