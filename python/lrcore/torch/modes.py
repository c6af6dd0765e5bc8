"""The training flags of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

from torch.nn import Module


@contextmanager
def kept_modes(modules: Iterable[Module]) -> Iterator[None]:
    """Put `modules` and their submodules back into training or evaluation mode, each into its own."""
    submodules = dict.fromkeys(chain.from_iterable(module.modules() for module in modules))
    modes = [(module, module.training) for module in submodules]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
