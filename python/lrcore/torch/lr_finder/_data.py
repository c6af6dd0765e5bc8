"""Iterators over a data loader that say what in a batch are the inputs and what the targets."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import torch
from torch import Tensor
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
    def num_prefetched(self) -> int:
        """How many batches of the next update have been read."""
        return len(self._next)

    def available(self) -> bool:
        """Whether there are batches for another update; these are read from the loader for that, and no others."""
        self._next += islice(self._batches, self.per_update - len(self._next))
        return len(self._next) == self.per_update

    def pop(self) -> list[Any]:
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
        for batch in without_persistent_workers(loader):
            empty = False
            yield batch


def without_persistent_workers(loader: Iterable[Any]) -> Iterable[Any]:
    """`loader`, or a copy with workers of its own: persistent ones would go on with random states that were used."""
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
    """Reads a data loader once, and anew in each `for` loop.

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


def unwrapped(name: str, loader: Any) -> tuple[Iterable[Any], Callable[[Any], Any]]:
    """What `loader` reads, and the function that finds inputs and targets in its batches.

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
    return loader, lambda batch: batch


def description(batch: Any) -> str:
    """What kind of batch it is, in a few words."""
    kind = type(batch).__name__
    if isinstance(batch, (tuple, list)):
        return f"{kind} of {len(batch)}"
    return f"{kind} with the keys {', '.join(map(repr, batch))}" if isinstance(batch, Mapping) else kind


def _begins_again(loader: Any) -> bool:
    if isinstance(loader, TrainDataLoaderIter):
        return loader.auto_reset and type(loader).__next__ is TrainDataLoaderIter.__next__
    return isinstance(loader, ValDataLoaderIter) and type(loader).__next__ is ValDataLoaderIter.__next__


TARGET_KEYS = ("labels", "label", "targets", "target")


@dataclass(frozen=True)
class ModelInputs:
    """The model is called as `model(*args, **kwargs)`."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    targets: Any

    @cached_property
    def samples(self) -> int:
        """How many samples the batch has, at least 1."""
        lengths = (_length(part) for part in (self.targets, self.args, self.kwargs))
        return max(next((length for length in lengths if length is not None), 1), 1)

    def to(self, device: torch.device, non_blocking: bool) -> ModelInputs:
        """The same on `device`."""
        parts = (self.args, self.kwargs, self.targets)
        return ModelInputs(*(_moved(part, device, non_blocking) for part in parts))


def inputs_and_targets(batch: Any) -> ModelInputs:
    """Take a batch apart into what the model gets and what a criterion compares with its output.

    - A tuple or list is (inputs, targets); further items are left out. The model gets the inputs as one argument.
    - A mapping has the targets under "labels", "label", "targets" or "target". The model gets the others by their
      names; a single one by position, as its name may be that of the data set.

    Raises:
        ValueError: When the batch is neither.
    """
    if isinstance(batch, (tuple, list)) and len(batch) >= 2:
        return ModelInputs((batch[0],), {}, batch[1])
    key = _target_key(batch)
    if key is None:
        raise ValueError(
            "train_loader and val_loader must yield (inputs, targets), or mappings with the targets under one of "
            f"{', '.join(map(repr, TARGET_KEYS))}, but got {description(batch)}: say what is what in a subclass of "
            "TrainDataLoaderIter or ValDataLoaderIter, or use lrcore.torch.lr_find with a training step of your own"
        )
    others = {name: value for name, value in batch.items() if name != key}
    if len(others) == 1:
        return ModelInputs(tuple(others.values()), {}, batch[key])
    return ModelInputs((), others, batch[key])


def whole_batch(batch: Any) -> ModelInputs:
    """Give all of a batch to a model that computes its loss itself: the values of a mapping by their names."""
    if isinstance(batch, Mapping):
        key = _target_key(batch)
        return ModelInputs((), batch, None if key is None else batch[key])
    if isinstance(batch, (tuple, list)):
        return ModelInputs(tuple(batch), {}, batch[1] if len(batch) > 1 else None)
    return ModelInputs((batch,), {}, None)


def _target_key(batch: Any) -> str | None:
    keys = batch if isinstance(batch, Mapping) else ()
    return next((key for key in TARGET_KEYS if key in keys), None)


def _moved(value: Any, device: torch.device, non_blocking: bool) -> Any:
    if isinstance(value, Tensor) and value.device == device:
        return value
    if hasattr(value, "to"):
        return value.to(device, non_blocking=non_blocking)
    if isinstance(value, Mapping):
        return {key: _moved(item, device, non_blocking) for key, item in value.items()}
    if not isinstance(value, (tuple, list)):
        return value
    items = [_moved(item, device, non_blocking) for item in value]
    if hasattr(value, "_fields"):
        return type(value)(*items)
    return items if isinstance(value, list) else tuple(items)


def _length(value: Any) -> int | None:
    """The length of the first tensor or array in `value`; of a list without any, as of strings, its own."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, (tuple, list)):
        inner = None if _lists_samples(value) else next(filter(None, map(_length, value)), None)
        return inner if inner is not None else len(value) if isinstance(value, list) else None
    shape = getattr(value, "shape", None)
    return int(shape[0]) if shape else None


def _lists_samples(value: tuple[Any, ...] | list[Any]) -> bool:
    """Whether `value` is one mapping for each sample, as in detection."""
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
