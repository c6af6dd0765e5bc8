"""Batches for a sweep that may need more, or fewer, than a loader holds."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from copy import copy
from itertools import count
from typing import Any

import torch
from torch.utils.data import DataLoader


def repeated(loader: Iterable[Any]) -> Generator[Any, None, None]:
    """The batches of `loader`, from its beginning again when it is exhausted.

    Ends where `loader` has nothing more to give, as an iterator that can be read only once.

    Raises:
        ValueError: When `loader` is empty.
    """
    for round_ in count():
        empty = True
        for batch in _without_lasting_workers(loader):
            empty = False
            yield batch
        if empty and round_ == 0:
            raise ValueError(f"train_loader must hold at least one batch, but {loader!r} is empty")
        if empty:
            return


def generators(loader: Iterable[Any]) -> list[torch.Generator]:
    """The random generators of a DataLoader and its samplers."""
    if not isinstance(loader, DataLoader):
        return []
    owners = (loader, loader.sampler, loader.batch_sampler, getattr(loader.batch_sampler, "sampler", None))
    found = (getattr(owner, "generator", None) for owner in owners)
    return list(dict.fromkeys(generator for generator in found if generator is not None))


def _without_lasting_workers(loader: Iterable[Any]) -> Iterable[Any]:
    """`loader`, or a copy with workers of its own: persistent ones would go on with random states that were used."""
    if not (isinstance(loader, DataLoader) and loader.persistent_workers):
        return loader
    own = copy(loader)
    own._iterator = None
    return own
