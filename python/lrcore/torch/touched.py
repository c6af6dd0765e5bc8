"""What a training step changes, as far as that can be found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from lrcore.torch.live_modules import modules_with
from lrcore.torch.param_groups import param_groups
from lrcore.torch.saved_state import Stateful
from lrcore.torch.snapshot import Snapshot


class Touched:
    """Optimizers, every module that holds one of their parameters, and what else is named.

    Args:
        optimizers: Those of the training step.
        others: Further modules, optimizers, generators and objects with `state_dict` and `load_state_dict`.

    Raises:
        TypeError: When something else is among `others`.
    """

    def __init__(self, optimizers: Sequence[Optimizer], others: Iterable[Any]) -> None:
        self._optimizers = list(optimizers)
        self._generators: list[torch.Generator] = []
        self._others: list[Stateful] = []
        self.modules: list[Module] = []
        for other in others:
            self._add(other)
        self.modules += modules_with(self._parameters())

    def snapshot(self, generators: Iterable[torch.Generator]) -> Snapshot:
        """All of it as it is now, with `generators`."""
        return Snapshot(self.modules, self._optimizers, [*self._generators, *generators], self._others)

    def _add(self, other: Any) -> None:
        if isinstance(other, Module):
            self.modules.append(other)
        elif isinstance(other, Optimizer):
            self._optimizers.append(other)
        elif isinstance(other, torch.Generator):
            self._generators.append(other)
        elif hasattr(other, "state_dict") and hasattr(other, "load_state_dict"):
            self._others.append(other)
        else:
            raise TypeError(f"to_restore must hold objects with state_dict and load_state_dict, but got {other!r}")

    def _parameters(self) -> Iterable[Tensor]:
        groups = chain.from_iterable(map(param_groups, self._optimizers))
        return chain.from_iterable(group["params"] for group in groups)
