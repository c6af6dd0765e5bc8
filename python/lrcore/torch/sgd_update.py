"""One update of `SGD`: in the core what the core can update, by torch what it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from lrcore.sgd_plan import SgdOptions, SgdPlan
from lrcore.torch.gradient_clipping import clipping_factor, joint_norm
from lrcore.torch.param_groups import ParamGroup
from lrcore.torch.sgd_table import SgdTable
from lrcore.torch.sgd_tensors import SgdTensors
from lrcore.torch.torch_update import update_by_torch


class SgdUpdate:
    """Updates the parameters of an optimizer; remembers from one update to the next what seldom changes."""

    def __init__(self) -> None:
        self._plan = SgdPlan(torch.utils.dlpack.to_dlpack)
        self._table: SgdTable | None = None
        self.path: str | None = None
        self.grad_norm: float | None = None

    def __call__(
        self,
        param_groups: Sequence[ParamGroup],
        state: Mapping[Any, dict[str, Any]],
        *,
        grad_scale: Tensor | None,
        max_grad_norm: float | None,
    ) -> None:
        """Do the update.

        Args:
            param_groups: Of the optimizer.
            state: Of the optimizer, written.
            grad_scale: What the gradients have been multiplied by; they are left divided by it.
            max_grad_norm: To clip to; None: not at all.

        Raises:
            ValueError: When a gradient is sparse; nothing is changed then.
        """
        tensors = SgdTensors(self._current_table(param_groups, state))
        tensors.read_into(self._plan, param_groups)
        factor = 1.0 if grad_scale is None else 1 / float(grad_scale)
        if max_grad_norm is not None:
            factor *= self._clipping_factor(tensors, factor, max_grad_norm)
        scaled = grad_scale is not None
        self._plan.step([_core_options(group, factor, scaled) for group in param_groups])
        torch.autograd.graph.increment_version(self._plan.params_updated)
        if tensors.left:
            update_by_torch(tensors.left, factor, write_grads=scaled)
        tensors.store(state)
"""
