"""The user's cache folder, which a finished folder enters whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import platformdirs
except ImportError as error:
    raise ImportError("lrcore.cifar needs platformdirs: pip install 'lrcore[cifar]'") from error


def cache_folder() -> Path:
    """The folder that generated and downloaded data are kept in: LRCORE_CACHE, else the user's cache folder."""
    return Path(os.environ.get("LRCORE_CACHE") or platformdirs.user_cache_dir("lrcore", appauthor=False))


def cached(name: str, fill: Callable[[Path], None]) -> Path:
    """Make a folder of the cache, unless it is there.

    It appears whole or not at all: it is filled under another name and then renamed. Of two processes that do this at
    once, the first to finish wins and the other uses its folder.

    Args:
        name: Name of the folder.
        fill: Writes the content into the empty folder that it is given.

    Returns:
        The folder.

    Raises:
        OSError: The cache cannot be written, or `fill` raised it.
    """
    folder = cache_folder() / name
    with cache_errors():
        if not folder.is_dir():
            _make(folder, fill)
    return folder


@contextmanager
def cache_errors() -> Iterator[None]:
    """Turn what the system says of the cache into one sentence that names it."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # already a sentence
            raise
        raise type(error)(
            f"cache folder {cache_folder()} cannot be written: {error.strerror}; LRCORE_CACHE may name another"
        ) from error


def _make(folder: Path, fill: Callable[[Path], None]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder.parent) as temporary:
        made = Path(temporary) / folder.name
        made.mkdir()
        fill(made)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster, and its folder is as good
                raise
