"""A progress bar, where it is wanted and tqdm is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Advance = Callable[[float, float], None]


@contextmanager
def progress_bar(total: int, shown: bool = True) -> Iterator[Advance]:
    """Show how many of `total` updates are done; closed on any exit.

    Args:
        total: Number of updates.
        shown: Whether to show anything.

    Yields:
        The function to call after each update, with its learning rate and loss.

    Example:
        >>> with progress_bar(total=2, shown=False) as advance:
        ...     advance(0.1, 2.5)
    """
    tqdm = _tqdm() if shown else None
    if tqdm is None:
        yield lambda lr, loss: None
        return
    with tqdm(total=total, desc="range test", unit="update") as bar:

        def advance(lr: float, loss: float) -> None:
            bar.set_postfix_str(f"lr={lr:.2e}, loss={loss:.4g}", refresh=False)
            bar.update()

        yield advance


def _tqdm() -> Callable[..., Any] | None:
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        return None
    return tqdm  # type: ignore[no-any-return]
