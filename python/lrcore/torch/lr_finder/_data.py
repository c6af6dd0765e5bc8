"""Data loaders as the range test reads them: wrappers that find inputs and targets, generators, workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from functools import cached_property
from typing import Any

import torch
from torch.utils.data import DataLoader


def generators(loader: Iterable[Any]) -> list[torch.Generator]:
    """The random generators of a DataLoader and its samplers."""
    if not isinstance(loader, DataLoader):
        return []
    owners = (loader, loader.sampler, loader.batch_sampler, getattr(loader.batch_sampler, "sampler", None))
    found = (getattr(owner, "generator", None) for owner in owners)
    return list(dict.fromkeys(generator for generator in found if generator is not None))


def without_persistent_workers(loader: Iterable[Any]) -> Iterable[Any]:
    """`loader`, or a copy with workers of its own: persistent ones would continue from used random states."""
    if not (isinstance(loader, DataLoader) and loader.persistent_workers):
        return loader
    own = copy(loader)
    own._iterator = None
    return own


class DataLoaderIter:
    """Reads a data loader once.

    For batches that are no (inputs, targets) pairs, override `inputs_labels_from_batch` in a subclass of
    `TrainDataLoaderIter` or `ValDataLoaderIter` and give that to `LRFinder.range_test`.

    Args:
        data_loader: What to read; nothing is read, or drawn from random generators, before the first batch.

    Source: the package torch-lr-finder, whose classes these are in name and meaning.
    """

    def __init__(self, data_loader: Iterable[Any]) -> None:
        self.data_loader = data_loader

    @property
    def dataset(self) -> Any:
        """The data set of the loader."""
        return self.data_loader.dataset  # type: ignore[attr-defined]

    @cached_property
    def _iterator(self) -> Iterator[Any]:
        return iter(self.data_loader)

    def inputs_labels_from_batch(self, batch_data: Any) -> tuple[Any, Any]:
        """The inputs and the targets in a batch: its first two items, whatever else there is.

        Raises:
            ValueError: When the batch is not a tuple or list of at least two.
        """
        if not isinstance(batch_data, (tuple, list)) or len(batch_data) < 2:
            raise ValueError(
                f"a batch must be (inputs, targets), but got {description(batch_data)}: override "
                "inputs_labels_from_batch in a subclass of TrainDataLoaderIter or ValDataLoaderIter"
            )
        inputs, labels, *_ = batch_data
        return inputs, labels

    def __iter__(self) -> DataLoaderIter:
        return self

    def __next__(self) -> tuple[Any, Any]:
        return self.inputs_labels_from_batch(next(self._iterator))


class TrainDataLoaderIter(DataLoaderIter):
    """Reads a data loader again and again.

    Args:
        data_loader: What to read.
        auto_reset: Whether to begin again where the loader is exhausted; otherwise that is the end.

    Example:
        >>> class Labelled(TrainDataLoaderIter):
        ...     def inputs_labels_from_batch(self, batch_data):
        ...         return batch_data["image"], batch_data["class"]
        >>> batches = Labelled([{"image": "a", "class": 0}, {"image": "b", "class": 1}])
        >>> next(batches), next(batches), next(batches)
        (('a', 0), ('b', 1), ('a', 0))
    """

    def __init__(self, data_loader: Iterable[Any], auto_reset: bool = True) -> None:
        super().__init__(data_loader)
        self.auto_reset = auto_reset

    def __next__(self) -> tuple[Any, Any]:
        try:
            return super().__next__()
        except StopIteration:
            if not self.auto_reset:
                raise
            self._iterator = iter(self.data_loader)
            return super().__next__()


class ValDataLoaderIter(DataLoaderIter):
    """Reads a data loader once, from its beginning in each `for` loop.

    Args:
        data_loader: What to read.

    Example:
        >>> batches = ValDataLoaderIter([("a", 0), ("b", 1)])
        >>> list(batches), list(batches)
        ([('a', 0), ('b', 1)], [('a', 0), ('b', 1)])
    """

    def __iter__(self) -> DataLoaderIter:
        self._iterator = iter(self.data_loader)
        return self


def unwrapped(name: str, loader: Any) -> tuple[Iterable[Any], Callable[[Any], Any] | None]:
    """The loader to read, and the function that finds inputs and targets in its batches, None for batches as they are.

    Read that way, the wrapper itself stays where it is. One with a `__next__` of its own, or without another beginning,
    is read as it is.

    Args:
        name: What `loader` is called in errors.
        loader: A data loader, or one of the iterators above.

    Raises:
        TypeError: When `loader` is not iterable.
    """
    if _begins_again(loader):
        return loader.data_loader, loader.inputs_labels_from_batch
    if not (hasattr(loader, "__iter__") or hasattr(loader, "__getitem__")):
        raise TypeError(f"{name} must be iterable, but got {description(loader)}")
    return loader, None


def description(batch: Any) -> str:
    """The kind of batch in a few words, for errors."""
    kind = type(batch).__name__
    if isinstance(batch, (tuple, list)):
        return f"{kind} of {len(batch)}"
    return f"{kind} with the keys {', '.join(map(repr, batch))}" if isinstance(batch, Mapping) else kind


def _begins_again(loader: Any) -> bool:
    if isinstance(loader, TrainDataLoaderIter):
        return loader.auto_reset and type(loader).__next__ is TrainDataLoaderIter.__next__
    return isinstance(loader, ValDataLoaderIter) and type(loader).__next__ is ValDataLoaderIter.__next__
