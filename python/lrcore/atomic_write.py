"""Files that a reader sees whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


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
