"""Batches for a sweep that may need more, or fewer, than a loader holds."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from copy import copy
from itertools import islice
from typing import Any

import torch
from torch.utils.data import DataLoader


class Batches:
    """The batches of a loader for one update after the other, from its beginning again when it is exhausted.

    Args:
        loader: Read again whenever it is exhausted, until that gives nothing more, as with an iterator.
        per_update: Batches of one update.
    """

    def __init__(self, loader: Iterable[Any], per_update: int) -> None:
        self.loader = loader
        self.per_update = per_update
        self._batches = _repeated(loader)
        self._next: list[Any] = []

    @property
    def held(self) -> int:
        """How many batches of the next update have been read."""
        return len(self._next)

    def available(self) -> bool:
        """Whether there are batches for another update; these are read from the loader for that, and no others."""
        self._next += islice(self._batches, self.per_update - len(self._next))
        return len(self._next) == self.per_update

    def take(self) -> list[Any]:
        """The batches of the next update, after `available`."""
        batches, self._next = self._next, []
        return batches

    def close(self) -> None:
        """End the reading, and what the loader does for it."""
        self._batches.close()


def generators(loader: Iterable[Any]) -> list[torch.Generator]:
    """The random generators of a DataLoader and its samplers."""
    if not isinstance(loader, DataLoader):
        return []
    owners = (loader, loader.sampler, loader.batch_sampler, getattr(loader.batch_sampler, "sampler", None))
    found = (getattr(owner, "generator", None) for owner in owners)
    return list(dict.fromkeys(generator for generator in found if generator is not None))


def _repeated(loader: Iterable[Any]) -> Generator[Any, None, None]:
    empty = False
    while not empty:
        empty = True
        for batch in without_lasting_workers(loader):
            empty = False
            yield batch


def without_lasting_workers(loader: Iterable[Any]) -> Iterable[Any]:
    """`loader`, or a copy with workers of its own: persistent ones would go on with random states that were used."""
    if not (isinstance(loader, DataLoader) and loader.persistent_workers):
        return loader
    own = copy(loader)
    own._iterator = None
    return own
