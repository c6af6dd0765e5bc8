"""How a model is called on a batch, and what its outputs are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from lrcore.torch.data_loader_iter import description

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
