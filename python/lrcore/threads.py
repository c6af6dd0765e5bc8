"""How many threads the core uses."""

from __future__ import annotations

import lrcore._core as _core
from lrcore._validation import as_int


def get_num_threads() -> int:
    """The largest number of threads that one update uses, the calling one among them.

    At first the number of cores that this process may use.

    Example:
        >>> get_num_threads() >= 1
        True
    """
    return _core.num_threads()


def set_num_threads(num_threads: int) -> None:
    """Let every update that begins from now on use at most so many threads, in the whole process.

    Results have the same bits for every number. The threads are started when first needed, sleep between updates, and
    are shared by all Python threads; a forked process inherits the number and starts its own.

    Args:
        num_threads: At least 1, which leaves all work to the calling thread.

    Raises:
        ValueError: When `num_threads` is less than 1.
        TypeError: When it is not an integer.

    Example:
        >>> before = get_num_threads()
        >>> set_num_threads(1)
        >>> get_num_threads()
        1
        >>> set_num_threads(before)
    """
    _core.set_num_threads(as_int("num_threads", num_threads))
