"""Values that can be put back, any number of times, as they were when they were saved."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor


class SavedTensor:
    """A tensor with its memory and, in CPU memory, a copy of its values."""

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor
        self._memory = tensor.data
        self._values = tensor.detach().to("cpu", copy=True)

    def restore(self) -> None:
        """Give the tensor its memory back, should it have been moved or replaced, and that its values."""
        self._tensor.data = self._memory
        with torch.no_grad():
            self._tensor.copy_(self._values)


class SavedValues:
    """Tensors and containers of them: the tensors keep their identity, everything else is deep-copied."""

    def __init__(self) -> None:
        self._tensors: dict[int, SavedTensor] = {}

    def save_tensor(self, tensor: Tensor) -> None:
        """Save a tensor, once however often it is met."""
        if id(tensor) not in self._tensors:
            self._tensors[id(tensor)] = SavedTensor(tensor)

    def save(self, value: Any) -> Callable[[], Any]:
        """Save the tensors in `value`; return a function that builds an equal value around the same tensors."""
        if isinstance(value, Tensor):
            self.save_tensor(value)
            return lambda: value
        if type(value) is dict:
            items = {key: self.save(item) for key, item in value.items()}
            return lambda: {key: rebuild() for key, rebuild in items.items()}
        if type(value) in (list, tuple):
            parts = [self.save(part) for part in value]
            return lambda: type(value)(rebuild() for rebuild in parts)
        copy = deepcopy(value)
        return lambda: deepcopy(copy)

    def restore_tensors(self) -> None:
        """Put the values of all saved tensors back."""
        for saved in self._tensors.values():
            saved.restore()
