"""State that the torch backend keeps in modules beside Keras' variables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import torch


class TorchModules:
    """The training flags, gradients and buffers of a model and of the torch modules in it, to be put back."""

    def __init__(self, model: keras.Model) -> None:
        self._modes = _modes(model)
        self._gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
        self._buffers = [
            (module._buffers, name, buffer, buffer.detach().to("cpu", copy=True))
            for module in _modules(model)
            for name, buffer in module.named_buffers(recurse=False)
        ]

    def restore(self) -> None:
        """Put everything back, into the same tensors."""
        _set_modes(self._modes)
        for parameter, gradient in self._gradients:
            parameter.grad = gradient
        for buffers, name, buffer, value in self._buffers:
            with torch.no_grad():
                buffer.copy_(value)
            buffers[name] = buffer


@contextmanager
def evaluation_mode(model: keras.Model) -> Iterator[None]:
    """Set the modes as `evaluate` does, for a while."""
    modes = _modes(model)
    model.eval()
    try:
        yield
    finally:
        _set_modes(modes)


def _modules(model: keras.Model) -> list[torch.nn.Module]:
    """All layers and all torch modules inside; `model.modules()` does not go into Keras' lists of layers."""
    return list(dict.fromkeys(module for layer in model._flatten_layers() for module in layer.modules()))


def _modes(model: keras.Model) -> list[tuple[torch.nn.Module, bool]]:
    return [(module, module.training) for module in _modules(model)]


def _set_modes(modes: list[tuple[torch.nn.Module, bool]]) -> None:
    for module, training in modes:
        module.training = training
