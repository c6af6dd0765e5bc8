"""Values that can be put back, any number of times, as they were when they were saved."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from lrcore.torch.tensor_copies import FileCopies, MemoryCopies


class SavedValues:
    """Tensors and containers of them: the tensors keep their identity, everything else is deep-copied."""

    def __init__(self) -> None:
        self._tensors: dict[int, tuple[Tensor, Tensor]] = {}
        self._copies: MemoryCopies | FileCopies = MemoryCopies([])

    def save_tensor(self, tensor: Tensor) -> None:
        """Have the values of a tensor copied by `copy_tensors`, once however often it is met."""
        if not tensor.is_inference():  # which training cannot change
            self._tensors.setdefault(id(tensor), (tensor, tensor.data))

    def save(self, value: Any) -> Callable[[], Any]:
        """Save the tensors in `value`; return a function that builds an equal value around the same tensors."""
        if isinstance(value, Tensor):
            self.save_tensor(value)
            return lambda: value
        if type(value) in (dict, OrderedDict):
            items = {key: self.save(item) for key, item in value.items()}
            return lambda: type(value)((key, rebuild()) for key, rebuild in items.items())
        if type(value) in (list, tuple):
            parts = [self.save(part) for part in value]
            return lambda: type(value)(rebuild() for rebuild in parts)
        copy = deepcopy(value)
        return lambda: deepcopy(copy)

    def copy_tensors(self, directory: str | os.PathLike[str] | None = None) -> None:
        """Copy the values of all tensors, into CPU memory or a file in `directory`."""
        tensors = [_without_repetition(memory) for _, memory in self._tensors.values()]
        self._copies = MemoryCopies(tensors) if directory is None else FileCopies(tensors, directory)

    @torch.no_grad()
    def restore_tensors(self) -> None:
        """Give every tensor its memory back, should it have been moved or replaced, and that its values."""
        for (tensor, memory), values in zip(self._tensors.values(), self._copies.read(), strict=True):
            tensor.data = memory
            _without_repetition(tensor).copy_(values)


def _without_repetition(tensor: Tensor) -> Tensor:
    """A view of each element in memory once: an expanded tensor cannot be written."""
    strides = tensor.stride() if tensor.layout == torch.strided else ()
    for dimension, stride in enumerate(strides):
        if stride == 0:
            tensor = tensor.narrow(dimension, 0, min(tensor.shape[dimension], 1))
    return tensor
