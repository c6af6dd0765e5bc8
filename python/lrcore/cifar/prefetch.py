"""Batches made in a thread of their own, while the model is busy with those before."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from lrcore._arguments import positive_count

Item = TypeVar("Item")


def prefetch(items: Iterable[Item], depth: int = 2) -> Generator[Item, None, None]:
    """Iterate over the same items in the same order, of which a thread makes up to `depth` ahead.

    An exception that ends the items is raised where the next of them would have come. The thread starts with the
    first item that is asked for. It has ended when the generator has: at the end of the items, when the loop over
    it is left early, by `close`, or when nobody holds the generator any more.

    Args:
        items: Read in the thread.
        depth: Items that may wait, at least 1.

    Raises:
        ValueError: The depth is less than 1.

    Example:
        >>> [item * item for item in prefetch(range(4))]
        [0, 1, 4, 9]
    """
    return _prefetched(iter(items), positive_count("depth", depth))


def _prefetched(source: Iterator[Item], depth: int) -> Generator[Item, None, None]:
    executor = ThreadPoolExecutor(1, thread_name_prefix="lrcore-prefetch")
    thread = executor.submit(threading.current_thread).result()
    try:
        ahead = deque(executor.submit(_next, source) for _ in range(depth))
        while found := ahead.popleft().result():
            ahead.append(executor.submit(_next, source))
            yield found.pop()
    finally:
        # The garbage collector may end an abandoned generator in any thread, and none can wait for itself.
        executor.shutdown(wait=threading.current_thread() is not thread, cancel_futures=True)


def _next(source: Iterator[Item]) -> list[Item]:
    """The next item, or nothing at the end."""
    return list(islice(source, 1))
