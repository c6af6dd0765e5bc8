"""What one update reads and writes: gradients, and the state beside the parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from lrcore import _core
from lrcore.sgd_plan import SgdPlan
from lrcore.torch.layouts import PLAIN_TYPES, is_dense, laid_out, wide_type
from lrcore.torch.param_groups import ParamGroup
from lrcore.torch.sgd_table import PLAIN_OR_NONE, Column, Place, SgdTable, State
from lrcore.torch.torch_update import TorchTensors


class SgdTensors:
    """The tensors of one update, in the order of a table.

    What the state lacks, or has in another layout than its parameter, is made here and put into the state at the end.

    Args:
        table: Of the parameters.
        state: Of the optimizer.
    """

    def __init__(self, table: SgdTable, state: State) -> None:
        self._table = table
        self.grads: Column = [param.grad for param in table.params]
        self.columns = table.columns
        self._first: dict[str, list[int]] = {}
        self._new: list[Place] = []
        self._copied_grads: list[int] = []
        for position in table.singles:
            self._resolve_sign(position)
        for position, name in table.missing(self.grads):
            self._make(position, name, state)
        self._hidden = self._find_hidden()

    @property
    def are_as_found(self) -> bool:
        """Whether nothing had to be made or copied."""
        return not self._new and not self._copied_grads

    def read_into(self, plan: SgdPlan) -> list[int]:
        """Hand the tensors to the core; returns the positions of the parameters that it cannot update.

        Raises:
            ValueError: When a gradient is sparse; nothing has been changed then.
        """
        left = self._read(plan)
        self._refuse_sparse(left)
        if [position for position in left if self._lay_out(position)]:
            left = self._read(plan)
        return left

    def of_torch(self, position: int, param_groups: Sequence[ParamGroup]) -> TorchTensors:
        """The tensors of a parameter for torch's update."""
        param, grad = self._table.params[position], self.grads[position]
        assert grad is not None  # otherwise the core would not have left it
        known = {
            name: column[position] if column and position not in self._first.get(name, ()) else None
            for name, column in self.columns.items()
        }
        return TorchTensors(param, grad, param_groups[self._table.group_indices[position]], **known)

    def store(self, state: State, left: Sequence[int]) -> None:
        """Put what is new into the state, but for the parameters that are `left` to torch."""
        for position, name in self._new:
            if position not in left:
                state[self._table.params[position]][name] = self.columns[name][position]

    def store_of_torch(self, state: State, by_torch: Iterable[tuple[int, TorchTensors]]) -> None:
        """Put what torch's update has made into the state."""
        for position, tensors in by_torch:
            for name, column in self.columns.items():
                tensor = getattr(tensors, name)
                if column and tensor is not None:
                    state[self._table.params[position]][name] = tensor

    @torch.no_grad()
    def store_grads(self) -> None:
        """Note the new values of the gradients, which the core has written, also in those that it got as copies."""
        torch.autograd.graph.increment_version([grad for grad in self._core_grads if grad is not None])
        for position in self._copied_grads:
            self._table.params[position].grad.copy_(self.grads[position])  # type: ignore[union-attr, arg-type]

    def _read(self, plan: SgdPlan) -> list[int]:
        hidden = self._hidden
        self._core_grads = [*self.grads] if hidden else self.grads
        for position in hidden:
            self._core_grads[position] = None
        left = plan.read(
            self._table.params,
            self._core_grads,
            self.columns["momentum_buffer"],
            groups=self._table.group_indices,
            masters=self.columns["master_weight"],
            averages=self.columns["average"],
            first_momenta=self._first.get("momentum_buffer", ()),
            first_averages=self._first.get("average", ()),
        )
        return sorted([*left, *hidden]) if hidden else left

    def _find_hidden(self) -> list[int]:
        """Those whose values may not be in their own memory: the core must not see them."""
        if not self._table.subclassed and _core.have_types(self.grads, PLAIN_OR_NONE):
            return []
        hidden = self._table.subclassed
        return [
            position
            for position, grad in enumerate(self.grads)
            if grad is not None and (position in hidden or type(grad) not in PLAIN_TYPES)
        ]

    def _put(self, position: int, name: str, tensor: Tensor) -> None:
        """Have `tensor` in the state of a parameter from now on."""
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
            self._put(position, name, torch.empty_like(param, dtype=wide_type(param.dtype)))
            self._first.setdefault(name, []).append(position)

    def _refuse_sparse(self, left: list[int]) -> None:
        for position in left:
            layout = self.grads[position].layout  # type: ignore[union-attr]
            if layout != torch.strided:
                raise ValueError(f"{self._table.label(position)} must have a dense gradient, but got {layout}")

    def _lay_out(self, position: int) -> bool:
        """Copy what lies in another way than its parameter, if that is dense; returns whether there was anything."""
        param = self._table.params[position]
        if not is_dense(param):
            return False
        copied = self._lay_out_grad(position, param)
        for name, column in self.columns.items():
            tensor = column[position] if column else None
            if tensor is not None and (laid := laid_out(tensor, param, wide_type(param.dtype))) is not tensor:
                self._put(position, name, laid)
                copied = True
        return copied

    def _lay_out_grad(self, position: int, param: Tensor) -> bool:
        grad = self.grads[position]
        if grad is None or type(grad) not in PLAIN_TYPES or grad.dtype != param.dtype:
            return False
        laid = laid_out(grad, param, param.dtype)
        if laid is grad:
            return False
        self.grads[position] = laid
        self._copied_grads.append(position)
        return True

    def _resolve_sign(self, position: int) -> None:
        """Copy a gradient that a flag negates, which the core cannot see; such a view of more values is never dense."""
        grad = self.grads[position]
        if grad is not None and grad.is_neg():
            self.grads[position] = grad.resolve_neg()
            self._copied_grads.append(position)
