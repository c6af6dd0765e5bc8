"""The update of all of an optimizer's variables by one call into the core, on the torch backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.dlpack import to_dlpack

from lrcore.keras.sgd_recurrence import update_variable
from lrcore.sgd_plan import SgdOptions, SgdPlan

if TYPE_CHECKING:
    from lrcore.keras.sgd import SGD


class TorchUpdate:
    """Updates an optimizer's variables step after step."""

    def __init__(self) -> None:
        self._plan = SgdPlan(to_dlpack)

    @torch.no_grad()
    def __call__(
        self, optimizer: SGD, gradients: Sequence[torch.Tensor], variables: Sequence[Any], learning_rate: Any
    ) -> None:
        """Do one update of `variables` and of their momentum buffers."""
        decays = [optimizer.weight_decay_of(variable) for variable in variables]
        groups = sorted(set(decays))
        params = [variable.value for variable in variables]
        grads = [gradient.to(param.dtype) for gradient, param in zip(gradients, params, strict=True)]
        buffers = [optimizer.momentum_buffer_of(variable).value for variable in variables] if optimizer.momentum else []
        left = self._plan.read(params, grads, buffers, groups=[groups.index(decay) for decay in decays])
        lr = float(learning_rate)
        self._plan.step([_options(optimizer, lr, decay) for decay in groups])
        torch.autograd.graph.increment_version(self._plan.params_updated)
        for i in left:
            update_variable(optimizer, gradients[i], variables[i], learning_rate)


def _options(optimizer: SGD, lr: float, weight_decay: float) -> SgdOptions:
    return SgdOptions(lr=lr, momentum=optimizer.momentum, weight_decay=weight_decay, nesterov=optimizer.nesterov)
