"""Batches made in a thread of their own, while the model is busy with those before."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from lrcore._arguments import positive_count

Item = TypeVar("Item")


@contextmanager
def prefetch(items: Iterable[Item], depth: int = 2) -> Iterator[Generator[Item, None, None]]:
    """Give a generator of the same items in the same order, of which a thread makes up to `depth` ahead.

    An exception that ends the items is raised where the next of them would have come. The thread ends with the block,
    however that is left, and whoever still holds the generator finds it at its end. (A generator alone would not do:
    Keras keeps those it was given, and TensorFlow goes on reading them in threads of its own.)

    Args:
        items: Read in the thread.
        depth: Items that may wait, at least 1.

    Raises:
        ValueError: The depth is less than 1.

    Example:
        >>> with prefetch(range(4)) as ahead:
        ...     [item * item for item in ahead]
        [0, 1, 4, 9]
    """
    source, places = iter(items), range(positive_count("depth", depth))
    executor = ThreadPoolExecutor(1, thread_name_prefix="lrcore-prefetch")
    thread = executor.submit(threading.current_thread).result()
    left = threading.Event()

    def read() -> Generator[Item, None, None]:
        try:
            while found := waiting.popleft().result():
                waiting.append(executor.submit(_next, source))
                yield found.pop()
        except (CancelledError, RuntimeError):  # what futures and executors raise after a shutdown
            if not left.is_set():
                raise

    try:
        waiting = deque(executor.submit(_next, source) for _ in places)
        yield read()
    finally:
        left.set()
        # A block in a generator that nobody holds is left in the thread that collects it, which cannot await itself.
        executor.shutdown(wait=threading.current_thread() is not thread, cancel_futures=True)


def _next(source: Iterator[Item]) -> list[Item]:
    """The next item, or nothing at the end."""
    return list(islice(source, 1))
