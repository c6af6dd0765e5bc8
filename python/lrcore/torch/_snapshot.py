"""All that training steps change, saved so that it can be put back."""

from __future__ import annotations

import os
import random
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from lrcore.torch._param_groups import param_groups


@contextmanager
def preserve_training_modes(modules: Iterable[Module]) -> Iterator[None]:
    """Put `modules` and their submodules back into training or evaluation mode, each into its own."""
    submodules = dict.fromkeys(chain.from_iterable(module.modules() for module in modules))
    modes = [(module, module.training) for module in submodules]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


class RandomState:
    """The states, at construction, of Python's, NumPy's and torch's global generators and of `generators`."""

    def __init__(self, generators: Iterable[torch.Generator]) -> None:
        self._python = random.getstate()
        self._numpy = np.random.get_state()
        self._torch = torch.get_rng_state()
        # Asking for CUDA's states starts CUDA; while it has not been started, nothing has drawn from them.
        has_drawn = torch.cuda.is_initialized()
        self._cuda = torch.cuda.get_rng_state_all() if has_drawn else []
        self._generators = [(generator, generator.get_state()) for generator in generators]

    def restore(self) -> None:
        """Put every generator back to its state."""
        random.setstate(self._python)
        np.random.set_state(self._numpy)
        torch.set_rng_state(self._torch)
        torch.cuda.set_rng_state_all(self._cuda)
        for generator, state in self._generators:
            generator.set_state(state)


class MemoryCopies:
    """Copies in CPU memory."""

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self._copies = [tensor.detach().to("cpu", copy=True) for tensor in tensors]

    def read(self) -> list[Tensor]:
        """The copies, in the order of the tensors."""
        return self._copies


class FileCopies:
    """Copies in a file of their own, which is removed together with this object.

    Args:
        tensors: What to copy.
        directory: Folder of the file.

    Raises:
        OSError: When no file can be written there.
    """

    def __init__(self, tensors: Iterable[Tensor], directory: str | os.PathLike[str]) -> None:
        descriptor, name = tempfile.mkstemp(prefix="lrcore_", suffix=".pt", dir=directory)
        self._path = Path(name)
        weakref.finalize(self, self._path.unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as file:
            torch.save([tensor.detach() for tensor in tensors], file)

    def read(self) -> list[Tensor]:
        """The copies, in the order of the tensors, paged in from the file as they are used."""
        copies: list[Tensor] = torch.load(self._path, map_location="cpu", mmap=True, weights_only=True)
        return copies


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


class Stateful(Protocol):
    """Whatever has a `state_dict` and a `load_state_dict`: schedulers, gradient scalers, averages of weights."""

    def state_dict(self) -> dict[str, Any]:
        """The state."""

    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any:
        """Go on from `state_dict`."""


class SavedState:
    """What the `state_dict` of `owner` holds when this is built."""

    def __init__(self, owner: Stateful, values: SavedValues) -> None:
        self._owner = owner
        self._state = values.save(owner.state_dict())
        # Of a GradScaler: how far each optimizer is in its update, which no state_dict tells.
        self._stages = deepcopy(getattr(owner, "_per_optimizer_states", None))

    def restore(self) -> None:
        """Put that state back."""
        self._owner.load_state_dict(self._state())
        if self._stages is not None:
            vars(self._owner)["_per_optimizer_states"] = deepcopy(self._stages)


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
