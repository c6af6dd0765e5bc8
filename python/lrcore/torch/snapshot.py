"""All that training steps change, saved so that it can be put back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from lrcore.torch.param_groups import param_groups
from lrcore.torch.random_state import RandomState
from lrcore.torch.saved_state import SavedState, Stateful
from lrcore.torch.saved_values import SavedValues


class Snapshot:
    """Modules, optimizers, gradients, random generators and more, as they are at construction.

    `restore` puts the values into the same parameters, buffers, gradients, optimizer tensors and group dictionaries
    that held them, whatever has become of these in between, and can be called any number of times.

    Args:
        modules: Whose parameters, buffers and training flags are saved.
        optimizers: Whose state, groups and parameters are saved, with those of optimizers that they wrap.
        generators: Random generators to save beside Python's, NumPy's and torch's own.
        others: Gradient scalers, schedulers or whatever else has a `state_dict` and a `load_state_dict`.
        directory: Folder for a temporary file with the values, which goes with the snapshot; None: CPU memory.

    Raises:
        OSError: When no file can be written in `directory`.
    """

    def __init__(
        self,
        modules: Iterable[Module],
        optimizers: Sequence[Optimizer],
        generators: Iterable[torch.Generator] = (),
        others: Iterable[Stateful] = (),
        directory: str | os.PathLike[str] | None = None,
    ) -> None:
        self._values = SavedValues()
        submodules = list(dict.fromkeys(chain.from_iterable(module.modules() for module in modules)))
        self._parts: list[_SavedModule | _SavedOptimizer | SavedState] = [
            *(_SavedModule(module, self._values) for module in submodules),
            *(_SavedOptimizer(optimizer, self._values) for optimizer in _with_wrapped(optimizers)),
            *(SavedState(other, self._values) for other in others),
        ]
        self._gradients = _save_gradients(submodules, optimizers, self._values)
        self._values.copy_tensors(directory)
        self._random_state = RandomState(generators)

    def restore(self, random_state: bool = True) -> None:
        """Make everything what it was.

        Args:
            random_state: Whether that includes the random generators.
        """
        self._values.restore_tensors()
        for part in self._parts:
            part.restore()
        for parameter, gradient in self._gradients:
            parameter.grad = gradient
        if random_state:
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
        _put_back(self._module._parameters, self._parameters)
        _put_back(self._module._buffers, self._buffers)


class _SavedOptimizer:
    """The attributes of an optimizer, the dictionaries of its groups, and its state."""

    def __init__(self, optimizer: Optimizer, values: SavedValues) -> None:
        self._optimizer = optimizer
        self._attributes = dict(vars(optimizer))
        self._groups = [(group, values.save(dict(group))) for group in param_groups(optimizer)]
        self._state = values.save(dict(optimizer.state))

    def restore(self) -> None:
        _refill(vars(self._optimizer), self._attributes)
        self._optimizer.param_groups[:] = [group for group, _ in self._groups]
        for group, contents in self._groups:
            _refill(group, contents())
        _refill(self._optimizer.state, self._state())


def _with_wrapped(optimizers: Iterable[Optimizer]) -> Iterator[Optimizer]:
    for optimizer in optimizers:
        yield optimizer
        yield from _with_wrapped(each for each in vars(optimizer).values() if issubclass(type(each), Optimizer))


def _save_gradients(
    modules: Iterable[Module], optimizers: Iterable[Optimizer], values: SavedValues
) -> list[tuple[Tensor, Tensor | None]]:
    of_modules = chain.from_iterable(module.parameters(recurse=False) for module in modules)
    groups = chain.from_iterable(map(param_groups, optimizers))
    of_optimizers = chain.from_iterable(group["params"] for group in groups)
    gradients = [(parameter, parameter.grad) for parameter in dict.fromkeys(chain(of_modules, of_optimizers))]
    for _, gradient in gradients:
        if gradient is not None:
            values.save_tensor(gradient)
    return gradients


def _put_back(tensors: MutableMapping[str, Any], saved: Mapping[str, Any]) -> None:
    for name, tensor in saved.items():
        if name not in tensors or tensors[name] is not tensor:
            tensors[name] = tensor


def _refill(dictionary: dict[Any, Any], contents: dict[Any, Any]) -> None:
    dictionary.clear()
    dictionary.update(contents)
