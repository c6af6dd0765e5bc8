"""The parameters of an optimizer side by side with their state, as long as nobody changes either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from lrcore import _core
from lrcore.torch.layouts import HALF_TYPES, PLAIN_TYPES
from lrcore.torch.param_groups import ParamGroup

State = dict[Any, dict[str, Any]]
Column = list[Tensor | None]
Place = tuple[int, str]
"""Where a tensor of the state belongs: the position of its parameter, and its name in the state of that."""

NAMES = ("momentum_buffer", "average", "master_weight")
PLAIN_OR_NONE = [*PLAIN_TYPES, type(None)]
_EMPTY: dict[str, Any] = dict.fromkeys(NAMES)


class SgdTable:
    """All parameters in the order of their groups, and the tensors of their states.

    To look up the state of a parameter takes longer than to update a small one: it is not done at each step.

    Args:
        param_groups: Of the optimizer.
        state: Of the optimizer.
    """

    def __init__(self, param_groups: Sequence[ParamGroup], state: State) -> None:
        self.params: list[Tensor] = [param for group in param_groups for param in group["params"]]
        self.group_indices = [index for index, group in enumerate(param_groups) for _ in group["params"]]
        self._lazy = [param for param in self.params if is_lazy(param)]
        self.singles = [i for i, param in enumerate(self.params) if not is_lazy(param) and param.numel() <= 1]
        self._names = _names(param_groups)
        self._seen_params = [list(group["params"]) for group in param_groups]
        self._seen_keys, self._seen_states = list(state), list(state.values())
        self._missing: list[Place] = []
        self._states = {name: self._find(name, state) for name in {*chain(*self._names)}}
        self._dtypes = self._current_dtypes()
        self.columns = {name: self._column(name) for name in NAMES}
        self.subclassed = frozenset(self._find_subclassed())

    def describes(self, param_groups: Sequence[ParamGroup], state: State) -> bool:
        """Whether these still are the parameters and the tensors of their states that the options ask for."""
        return (
            len(param_groups) == len(self._seen_params)
            and all(map(_core.same_objects, self._seen_params, [group["params"] for group in param_groups]))
            and _core.same_items(state, self._seen_keys, self._seen_states)
            and self._names == _names(param_groups)
            and all(_core.same_values(its, name, self.columns[name]) for name, its in self._states.items())
            and self._dtypes == self._current_dtypes()
            and all(map(is_lazy, self._lazy))
        )

    def missing(self, grads: Sequence[Tensor | None]) -> list[Place]:
        """What the states of the parameters with a gradient still lack."""
        return [place for place in self._missing if grads[place[0]] is not None]

    def has_special(self, grads: Column) -> bool:
        """Whether a parameter lacks some of its state, or it or its gradient is not just what its memory says."""
        if self.subclassed or self.missing(grads) or not _core.have_types(grads, PLAIN_OR_NONE):
            return True
        return any(grad.is_neg() for grad in map(grads.__getitem__, self.singles) if grad is not None)

    def label(self, position: int) -> str:
        """The name of a parameter in the param groups."""
        group = self.group_indices[position]
        return f"param_groups[{group}]['params'][{position - self.group_indices.index(group)}]"

    def _find(self, name: str, state: State) -> list[dict[str, Any]]:
        """The state of each parameter, or an empty one where this tensor is missing or not used."""
        states = []
        for position, (param, group) in enumerate(zip(self.params, self.group_indices, strict=True)):
            used = name in self._names[group] and (name != "master_weight" or param.dtype in HALF_TYPES)
            # Not state[param], which would make an entry.
            found = state.get(param, _EMPTY) if used else _EMPTY
            states.append(found if found.get(name) is not None else _EMPTY)
            if used and states[-1] is _EMPTY:
                self._missing.append((position, name))
        return states

    def _find_subclassed(self) -> Iterator[int]:
        """The positions of tensors that may keep their values elsewhere than in their own memory."""
        columns: list[Sequence[Tensor | None]] = [self.params, *self.columns.values()]
        for column in columns:
            for position, tensor in enumerate(column):
                if tensor is not None and (type(tensor) not in PLAIN_TYPES or tensor.is_neg()):
                    yield position

    def _column(self, name: str) -> Column:
        return [state[name] for state in self._states.get(name, ())]

    def _current_dtypes(self) -> list[torch.dtype]:
        """Of all parameters, on which it depends whether they have a master weight; empty where none has."""
        return [param.dtype for param in self.params] if "master_weight" in self._states else []


def _names(param_groups: Sequence[ParamGroup]) -> list[tuple[str, ...]]:
    """The names of the tensors that the options of each group ask for, beside the parameters."""
    return [
        ("momentum_buffer",) * (group["momentum"] != 0)
        + ("average",) * (group["ema_decay"] is not None)
        + ("master_weight",) * bool(group["master_weights"])
        for group in param_groups
    ]
