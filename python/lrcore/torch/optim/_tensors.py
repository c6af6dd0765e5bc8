"""The tensors of an update: parameters, gradients and the state of each parameter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

import lrcore._core as _core
from lrcore.sgd import SgdPlan
from lrcore.torch._param_groups import ParamGroup
from lrcore.torch.optim._fallback import TorchTensors
from lrcore.torch.optim._layout import HALF_TYPES, PLAIN_TYPES, accumulation_dtype, is_dense, with_layout_of

State = dict[Any, dict[str, Any]]
Column = list[Tensor | None]
Place = tuple[int, str]
"""Place of a state tensor: the position of its parameter, and its name in that parameter's state."""

NAMES = ("momentum_buffer", "average", "master_weight")
PLAIN_OR_NONE = [*PLAIN_TYPES, type(None)]
_EMPTY: dict[str, Any] = dict.fromkeys(NAMES)


class SgdTable:
    """All parameters in the order of their groups, and the tensors of their states.

    Args:
        param_groups: The optimizer's.
        state: The optimizer's.
    """

    # Kept from step to step: looking up the state of a small parameter takes longer than updating it.

    def __init__(self, param_groups: Sequence[ParamGroup], state: State) -> None:
        self.params: list[Tensor] = [param for group in param_groups for param in group["params"]]
        self.group_indices = [index for index, group in enumerate(param_groups) for _ in group["params"]]
        self._lazy = [param for param in self.params if is_lazy(param)]
        self.scalar_params = [i for i, param in enumerate(self.params) if not is_lazy(param) and param.numel() <= 1]
        self._names = _names(param_groups)
        self._seen_params = [list(group["params"]) for group in param_groups]
        self._seen_keys, self._seen_states = list(state), list(state.values())
        self._missing: list[Place] = []
        self._states = {name: self._find(name, state) for name in {*chain(*self._names)}}
        self._dtypes = self._current_dtypes()
        self.columns = {name: self._column(name) for name in NAMES}
        self.non_plain = frozenset(self._non_plain_positions())

    def is_current(self, param_groups: Sequence[ParamGroup], state: State) -> bool:
        """Return whether parameters, state tensors and the options that decide which are used are unchanged."""
        return (
            len(param_groups) == len(self._seen_params)
            and all(map(_core.same_objects, self._seen_params, [group["params"] for group in param_groups]))
            and _core.same_items(state, self._seen_keys, self._seen_states)
            and self._names == _names(param_groups)
            and all(_core.same_values(states, name, self.columns[name]) for name, states in self._states.items())
            and self._dtypes == self._current_dtypes()
            and all(map(is_lazy, self._lazy))
        )

    def missing_state(self, grads: Sequence[Tensor | None]) -> list[Place]:
        """The places of missing state tensors of parameters with a gradient."""
        return [place for place in self._missing if grads[place[0]] is not None]

    def needs_slow_path(self, grads: Column) -> bool:
        """Return whether state is missing, or the storage of some tensor may not hold its values."""
        if self.non_plain or self.missing_state(grads) or not _core.have_types(grads, PLAIN_OR_NONE):
            return True
        return any(grad.is_neg() for grad in map(grads.__getitem__, self.scalar_params) if grad is not None)

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
            param_state = state.get(param, _EMPTY) if used else _EMPTY
            states.append(param_state if param_state.get(name) is not None else _EMPTY)
            if used and states[-1] is _EMPTY:
                self._missing.append((position, name))
        return states

    def _non_plain_positions(self) -> Iterator[int]:
        """Positions of tensor subclasses and negated views, whose storage may not hold their values."""
        columns: list[Sequence[Tensor | None]] = [self.params, *self.columns.values()]
        for column in columns:
            for position, tensor in enumerate(column):
                if tensor is not None and (type(tensor) not in PLAIN_TYPES or tensor.is_neg()):
                    yield position

    def _column(self, name: str) -> Column:
        return [state[name] for state in self._states.get(name, ())]

    def _current_dtypes(self) -> list[torch.dtype]:
        # Only the 16-bit ones have a master weight, so a change of dtype outdates the table.
        return [param.dtype for param in self.params] if "master_weight" in self._states else []


def _names(param_groups: Sequence[ParamGroup]) -> list[tuple[str, ...]]:
    """The names of the state tensors that the options of each group require."""
    return [
        ("momentum_buffer",) * (group["momentum"] != 0)
        + ("average",) * (group["ema_decay"] is not None)
        + ("master_weight",) * bool(group["master_weights"])
        for group in param_groups
    ]


class SgdTensors:
    """The tensors of one update, in the order of a table.

    Missing state tensors, and copies of those in another layout than their parameter, are made here and stored in the
    state after the update.

    Args:
        table: The parameters and their state.
        state: The optimizer's.
    """

    def __init__(self, table: SgdTable, state: State) -> None:
        self._table = table
        self.grads: Column = [param.grad for param in table.params]
        self.columns = table.columns
        self._uninitialized: dict[str, list[int]] = {}
        self._new: list[Place] = []
        self._copied_grads: list[int] = []
        for position in table.scalar_params:
            self._resolve_sign(position)
        for position, name in table.missing_state(self.grads):
            self._make(position, name, state)
        self._unreadable = self._unreadable_positions()

    @property
    def is_unchanged(self) -> bool:
        """True if no tensor had to be made or copied."""
        return not self._new and not self._copied_grads

    def read_into(self, plan: SgdPlan) -> list[int]:
        """Hand the tensors to the core; returns the positions of the parameters that it cannot update.

        Raises:
            ValueError: When a gradient is sparse; nothing has been changed then.
        """
        unsupported = self._read(plan)
        self._refuse_sparse(unsupported)
        if [position for position in unsupported if self._lay_out(position)]:
            unsupported = self._read(plan)
        return unsupported

    def fallback_tensors(self, position: int, param_groups: Sequence[ParamGroup]) -> TorchTensors:
        """The tensors of a parameter for torch's update."""
        param, grad = self._table.params[position], self.grads[position]
        assert grad is not None  # the core skips parameters without one
        known = {
            name: column[position] if column and position not in self._uninitialized.get(name, ()) else None
            for name, column in self.columns.items()
        }
        return TorchTensors(param, grad, param_groups[self._table.group_indices[position]], **known)

    def store(self, state: State, unsupported: Sequence[int]) -> None:
        """Put new tensors into the state, except those of `unsupported` parameters, which torch updates."""
        for position, name in self._new:
            if position not in unsupported:
                state[self._table.params[position]][name] = self.columns[name][position]

    def store_fallback(self, state: State, fallback: Iterable[tuple[int, TorchTensors]]) -> None:
        """Put the state tensors of torch's update into the state."""
        for position, tensors in fallback:
            for name, column in self.columns.items():
                tensor = getattr(tensors, name)
                if column and tensor is not None:
                    state[self._table.params[position]][name] = tensor

    @torch.no_grad()
    def store_grads(self) -> None:
        """Bump the version of the gradients, which the core has scaled, and copy back those that it got as copies."""
        torch.autograd.graph.increment_version([grad for grad in self._core_grads if grad is not None])
        for position in self._copied_grads:
            self._table.params[position].grad.copy_(self.grads[position])  # type: ignore[union-attr, arg-type]

    def _read(self, plan: SgdPlan) -> list[int]:
        hidden = self._unreadable
        self._core_grads = [*self.grads] if hidden else self.grads
        for position in hidden:
            self._core_grads[position] = None
        unsupported = plan.read(
            self._table.params,
            self._core_grads,
            self.columns["momentum_buffer"],
            groups=self._table.group_indices,
            masters=self.columns["master_weight"],
            averages=self.columns["average"],
            first_momenta=self._uninitialized.get("momentum_buffer", ()),
            first_averages=self._uninitialized.get("average", ()),
        )
        return sorted([*unsupported, *hidden]) if hidden else unsupported

    def _unreadable_positions(self) -> list[int]:
        """Positions with a gradient where the core must not read: a non-plain parameter, gradient or state tensor."""
        if not self._table.non_plain and _core.have_types(self.grads, PLAIN_OR_NONE):
            return []
        hidden = self._table.non_plain
        return [
            position
            for position, grad in enumerate(self.grads)
            if grad is not None and (position in hidden or type(grad) not in PLAIN_TYPES)
        ]

    def _put(self, position: int, name: str, tensor: Tensor) -> None:
        """Set a state tensor of the parameter at `position`."""
        if not self._new:
            self.columns = {each: list(column) for each, column in self.columns.items()}
        self.columns[name][position] = tensor
        self._new.append((position, name))

    def _make(self, position: int, name: str, state: State) -> None:
        param = self._table.params[position]
        known = state.get(param, {}).get(name)
        if known is not None:
            self._put(position, name, known)
        elif name == "master_weight":
            self._put(position, name, param.detach().float())
        else:
            self._put(position, name, torch.empty_like(param, dtype=accumulation_dtype(param.dtype)))
            self._uninitialized.setdefault(name, []).append(position)

    def _refuse_sparse(self, unsupported: list[int]) -> None:
        for position in unsupported:
            layout = self.grads[position].layout  # type: ignore[union-attr]
            if layout != torch.strided:
                raise ValueError(f"{self._table.label(position)} must have a dense gradient, but got {layout}")

    def _lay_out(self, position: int) -> bool:
        """Copy gradient and state to the layout of a dense parameter; returns whether anything was copied."""
        param = self._table.params[position]
        if not is_dense(param):
            return False
        copied = self._lay_out_grad(position, param)
        for name, column in self.columns.items():
            tensor = column[position] if column else None
            if (
                tensor is not None
                and (laid := with_layout_of(tensor, param, accumulation_dtype(param.dtype))) is not tensor
            ):
                self._put(position, name, laid)
                copied = True
        return copied

    def _lay_out_grad(self, position: int, param: Tensor) -> bool:
        grad = self.grads[position]
        if grad is None or type(grad) not in PLAIN_TYPES or grad.dtype != param.dtype:
            return False
        laid = with_layout_of(grad, param, param.dtype)
        if laid is grad:
            return False
        self.grads[position] = laid
        self._copied_grads.append(position)
        return True

    def _resolve_sign(self, position: int) -> None:
        """Copy a gradient whose negation is a flag, which the core cannot see."""
        # Only scalars are checked: a negated view of more values is never dense, so the core refuses it anyway.
        grad = self.grads[position]
        if grad is not None and grad.is_neg():
            self.grads[position] = grad.resolve_neg()
            self._copied_grads.append(position)
