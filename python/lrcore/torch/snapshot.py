"""All that training steps change, saved so that it can be put back."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from lrcore.torch.param_groups import param_groups
from lrcore.torch.random_state import RandomState
from lrcore.torch.saved_values import SavedValues


class Snapshot:
    """Modules, an optimizer, gradients and random generators, as they are at construction.

    Values are copied to CPU memory. `restore` puts them into the same parameters, buffers, gradients, optimizer tensors
    and group dictionaries that held them, whatever has become of these in between, and can be called any number of
    times.

    Args:
        modules: Whose parameters, buffers and training flags are saved.
        optimizer: Whose state, groups and parameters are saved.
        generators: Random generators to save beside Python's, NumPy's and torch's own.
    """

    def __init__(
        self, modules: Iterable[Module], optimizer: Optimizer, generators: Iterable[torch.Generator] = ()
    ) -> None:
        self._values = SavedValues()
        submodules = dict.fromkeys(chain.from_iterable(module.modules() for module in modules))
        self._modules = [_SavedModule(module, self._values) for module in submodules]
        self._optimizer = _SavedOptimizer(optimizer, self._values)
        self._gradients = _save_gradients(submodules, optimizer, self._values)
        self._random_state = RandomState(generators)

    def restore(self) -> None:
        """Make everything what it was."""
        self._values.restore_tensors()
        for module in self._modules:
            module.restore()
        self._optimizer.restore()
        for parameter, gradient in self._gradients:
            parameter.grad = gradient
        self._random_state.restore()


class _SavedModule:
    """The training flag of one module and which tensors are its parameters and buffers."""

    def __init__(self, module: Module, values: SavedValues) -> None:
        self._module = module
        self._training = module.training
        self._parameters = dict(module._parameters)
        self._buffers = dict(module._buffers)
        for tensor in chain(self._parameters.values(), self._buffers.values()):
            if tensor is not None:
                values.save_tensor(tensor)

    def restore(self) -> None:
        self._module.training = self._training
        self._module._parameters.update(self._parameters)
        self._module._buffers.update(self._buffers)


class _SavedOptimizer:
    """The attributes of an optimizer, the dictionaries of its groups, and its state."""

    def __init__(self, optimizer: Optimizer, values: SavedValues) -> None:
        self._optimizer = optimizer
        self._attributes = dict(vars(optimizer))
        self._groups = [(group, values.save(dict(group))) for group in param_groups(optimizer)]
        self._state = values.save(dict(optimizer.state))

    def restore(self) -> None:
        vars(self._optimizer).update(self._attributes)
        self._optimizer.param_groups[:] = [group for group, _ in self._groups]
        for group, contents in self._groups:
            _refill(group, contents())
        _refill(self._optimizer.state, self._state())


def _save_gradients(
    modules: Iterable[Module], optimizer: Optimizer, values: SavedValues
) -> list[tuple[Tensor, Tensor | None]]:
    of_modules = chain.from_iterable(module.parameters(recurse=False) for module in modules)
    of_optimizer = chain.from_iterable(group["params"] for group in param_groups(optimizer))
    gradients = [(parameter, parameter.grad) for parameter in dict.fromkeys(chain(of_modules, of_optimizer))]
    for _, gradient in gradients:
        if gradient is not None:
            values.save_tensor(gradient)
    return gradients


def _refill(dictionary: dict[Any, Any], contents: dict[Any, Any]) -> None:
    dictionary.clear()
    dictionary.update(contents)
