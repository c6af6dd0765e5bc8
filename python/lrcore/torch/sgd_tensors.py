"""What one update reads and writes: gradients, and the state beside the parameters."""

from __future__ import annotations

import torch
from torch import Tensor

from lrcore.sgd_plan import SgdPlan
from lrcore.torch.layouts import is_dense, laid_out, wide_type
from lrcore.torch.sgd_table import Column, Place, SgdTable, State


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

    def put(self, position: int, name: str, tensor: Tensor) -> None:
        """Have `tensor` in the state of a parameter from now on."""
        if not self._new:
            self.columns = {each: list(column) for each, column in self.columns.items()}
        self.columns[name][position] = tensor
        self._new.append((position, name))

    def is_first(self, position: int, name: str) -> bool:
        """Whether this tensor of the state holds nothing yet."""
        return position in self._first.get(name, ())

    def store(self, state: State) -> None:
        """Put what is new into the state."""
        for position, name in self._new:
            state[self._table.params[position]][name] = self.columns[name][position]

    @torch.no_grad()
    def store_grads(self) -> None:
        """Write the gradients that the update has changed in copies only."""
        for position in self._copied_grads:
            self._table.params[position].grad.copy_(self.grads[position])  # type: ignore[union-attr, arg-type]

    def _read(self, plan: SgdPlan) -> list[int]:
        return plan.read(
            self._table.params,
            self.grads,
            self.columns["momentum_buffer"],
            groups=self._table.group_indices,
            masters=self.columns["master_weight"],
            averages=self.columns["average"],
            first_momenta=self._first.get("momentum_buffer", ()),
            first_averages=self._first.get("average", ()),
        )

    def _make(self, position: int, name: str, state: State) -> None:
        param = self._table.params[position]
        known = state.get(param, {}).get(name)
        if known is not None:
            self.put(position, name, known)
        elif name == "master_weight":
            self.put(position, name, param.detach().float())
        else:
            self.put(position, name, torch.empty_like(param, dtype=wide_type(param.dtype)))
            self._first.setdefault(name, []).append(position)

    def _refuse_sparse(self, left: list[int]) -> None:
        for position in left:
            layout = self.grads[position].layout  # type: ignore[union-attr]
            if layout != torch.strided:
                raise ValueError(f"{self._table.label(position)} must have a dense gradient, but got {layout}")

    def _lay_out(self, position: int) -> bool:
        """Copy those tensors of a dense parameter that lie in another way; returns whether there are any."""
        param, copied = self._table.params[position], False
        if not is_dense(param):
            return False
        ...

    def _resolve_sign(self, position: int) -> None:
        """Copy a gradient whose sign is negated by a flag that the core cannot see; only a single value is dense then."""
        grad = self.grads[position]
        if grad is not None and grad.is_neg():
            self.grads[position] = grad.resolve_neg()
            self._copied_grads.append(position)
