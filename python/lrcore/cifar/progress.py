"""Progress with learning rate and loss: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINES_PER_RUN = 8


class Report(Protocol):
    """What the trainer calls."""

    def __call__(self, lr: float, loss: float) -> None:
        """Tell of one more update."""


@contextmanager
def report_progress(label: str, total: int, console: Console) -> Iterator[Report]:
    """Show how far a run of `total` updates has come; yields the function to call after each update."""
    if console.is_terminal:
        with _bar(console) as bar:
            task = bar.add_task(label, total=total, lr=0.0, loss=0.0)
            yield lambda lr, loss: bar.update(task, advance=1, lr=lr, loss=loss)
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
    )


class _Lines:
    """Prints a line at even distances, so that a log file stays short."""

    def __init__(self, label: str, total: int, console: Console) -> None:
        self._label, self._total, self._console = label, total, console
        self._every = max(1, total // LINES_PER_RUN)
        self._done = 0

    def __call__(self, lr: float, loss: float) -> None:
        self._done += 1
        if self._done % self._every == 0 or self._done == self._total:
            line = f"{self._label} {self._done}/{self._total} lr {lr:.2e} loss {loss:.3f}"
            self._console.print(line, highlight=False, soft_wrap=True)
