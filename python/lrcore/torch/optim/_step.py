"""One update of `SGD`, by the core where it supports the tensors and by torch elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.dlpack import to_dlpack  # type: ignore[attr-defined]

from lrcore._validation import ArgumentError
from lrcore.sgd import SgdOptions, SgdPlan, clipping_factor
from lrcore.torch._param_groups import ParamGroup
from lrcore.torch.optim._fallback import TorchTensors, update_by_torch
from lrcore.torch.optim._tensors import Column, SgdTable, SgdTensors, State


class SgdUpdate:
    """Updates the parameters of one optimizer; keeps the table of their tensors from step to step.

    Attributes:
        path: The paths that the last update took: "core", "torch", "core, torch", or None before the first.
        grad_norm: The norm of the gradients of the last update, if it clipped.
    """

    def __init__(self) -> None:
        self.path: str | None = None
        self.grad_norm: float | None = None
        self._plan = SgdPlan(to_dlpack)
        self._table = SgdTable([], {})
        self._is_steady = False

    def __call__(
        self,
        param_groups: Sequence[ParamGroup],
        state: State,
        *,
        grad_scale: Tensor | None,
        max_grad_norm: float | None,
    ) -> None:
        """Do one update.

        Args:
            param_groups: The optimizer's.
            state: The optimizer's; missing tensors are added.
            grad_scale: The loss scale; the gradients are divided by it in place.
            max_grad_norm: The bound of their norm, or None.

        Raises:
            ValueError: When a gradient is sparse; nothing is changed then.
        """
        if not self._table.is_current(param_groups, state):
            self._table, self._is_steady = SgdTable(param_groups, state), False
        elif self._is_steady and grad_scale is None and max_grad_norm is None and self._read_steady():
            self._update_in_core(param_groups, 1.0, scaled=False)
            self.grad_norm = None
            return
        tensors = SgdTensors(self._table, state)
        unsupported = tensors.read_into(self._plan)
        masters = tensors.columns["master_weight"]
        follow_params(self._table.params, masters)
        fallback = [tensors.fallback_tensors(position, param_groups) for position in unsupported]
        factor = 1.0 if grad_scale is None else 1 / float(grad_scale)
        factor *= self._clip(fallback, factor, max_grad_norm)
        scaled = grad_scale is not None
        self._update_in_core(param_groups, factor, scaled)
        tensors.store(state, unsupported)
        if fallback:
            update_by_torch(fallback, factor, write_grads=scaled)
            tensors.store_fallback(state, zip(unsupported, fallback, strict=True))
        if scaled:
            tensors.store_grads()
        self._note_path(fallback)
        self._is_steady = self.path == "core" and tensors.is_unchanged and not masters

    def _read_steady(self) -> bool:
        """Hand the core the tensors of the last update with their present gradients; False if that is not enough."""
        # It nearly always is, and skipping the general path shortens the step of 30 small tensors by a tenth.
        table = self._table
        grads = [param.grad for param in table.params]
        if table.needs_slow_path(grads):
            return False
        return not self._plan.read(
            table.params,
            grads,
            table.columns["momentum_buffer"],
            groups=table.group_indices,
            averages=table.columns["average"],
        )

    def _clip(self, fallback: Sequence[TorchTensors], grad_factor: float, max_norm: float | None) -> float:
        """Return the factor that clips the gradients; sets `grad_norm`."""
        if max_norm is None:
            self.grad_norm = None
            return 1.0
        core = self._plan.grad_norm(grad_factor)
        self.grad_norm = joint_norm(core, [tensors.grad for tensors in fallback], grad_factor)
        return clipping_factor(self.grad_norm, max_norm)

    def _update_in_core(self, param_groups: Sequence[ParamGroup], factor: float, scaled: bool) -> None:
        """Update the tensors that the core has read."""
        grad_after = "scaled" if scaled else "kept"
        try:
            self._plan.step([_core_options(group, factor, grad_after) for group in param_groups])
        except ArgumentError as error:
            if error.argument != "grad_after":
                raise
            raise ValueError("gradients must not share memory under a GradScaler, which divides each of them") from None
        # Autograd cannot see these writes, but must know that what it saved for a backward is no longer current.
        torch.autograd.graph.increment_version(self._plan.params_updated)

    def _note_path(self, fallback: Sequence[TorchTensors]) -> None:
        if not fallback:
            self.path = "core"
        else:
            self.path = "core, torch" if self._plan.params_updated else "torch"


def _core_options(group: ParamGroup, grad_factor: float, grad_after: str) -> SgdOptions:
    return SgdOptions(
        lr=float(group["lr"]),
        momentum=float(group["momentum"]),
        dampening=float(group["dampening"]),
        weight_decay=float(group["weight_decay"]),
        nesterov=bool(group["nesterov"]) and group["momentum"] != 0,
        maximize=bool(group["maximize"]),
        grad_factor=grad_factor,
        ema_decay=float(group["ema_decay"] or 0.0),
        grad_after=grad_after,
    )


@torch.no_grad()
def follow_params(params: Sequence[Tensor], masters: Column) -> None:
    """Copy each parameter that others have written, as loading a checkpoint does, into its master weight.

    A parameter was written where its master weight no longer rounds to it. Autograd's version counter would be quicker
    to compare, but misses writes through `.data`.
    """
    for param, master in zip(params, masters, strict=False):
        if master is not None and not torch.equal(rounded := master.to(param.dtype), param):
            torch.where(rounded == param, master, param.to(master.dtype), out=master)


def joint_norm(core: float, others: Sequence[Tensor], grad_factor: float) -> float:
    """The joint norm of gradients whose norm is `core` and of `others`, which are multiplied by `grad_factor`."""
    if not others:
        return core
    norms = [abs(grad_factor) * _norm(grad) for grad in others]
    return math.sqrt(sum(norm * norm for norm in (core, *norms)))


def _norm(grad: Tensor) -> float:
    # In float64 as in the core, if the device has it: the squares of a 16-bit gradient overflow its own type.
    wide = torch.float32 if grad.device.type == "mps" else torch.float64
    return float(torch.linalg.vector_norm(grad, dtype=torch.promote_types(grad.dtype, wide)))
