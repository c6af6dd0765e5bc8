"""Text files that a resumed run goes on writing."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TextIO


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Let the file `path` hold `content`; after an error, or until all is written, it is what it was.

    Raises:
        OSError: When the file cannot be written.
    """
    target = Path(os.path.realpath(path))  # a link stays one: what it points to is replaced
    partial = target.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # else a power cut can leave the name without the content
        os.replace(partial, target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def open_truncated_to(path: str | os.PathLike[str], lines: int) -> TextIO:
    """Open a file for writing after its first `lines` lines; what stands behind them is dropped.

    Args:
        path: The file; with `lines` = 0 it is made or emptied.
        lines: How many whole lines to keep.

    Raises:
        OSError: When the file cannot be written.
        ValueError: When it has fewer whole lines; nothing is changed then.
    """
    if lines == 0:
        return open(path, "w", encoding="utf-8", newline="\n")
    file = open(path, "r+", encoding="utf-8", newline="\n")  # noqa: SIM115  (the caller closes it)
    for number in range(lines):
        if not file.readline().endswith("\n"):
            file.close()
            raise ValueError(f"{path} must have at least {lines} whole lines, but has {number}")
    file.seek(file.tell())
    file.truncate()
    return file
