"""The update of all variables by one call into the core, on the torch backend."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any

import torch
from torch.utils.dlpack import to_dlpack  # type: ignore[attr-defined]

from lrcore.keras.optimizers._keras_ops import MomentumSGD, update_variable
from lrcore.sgd import SgdOptions, SgdPlan


class TorchUpdate:
    """Updates an optimizer's variables step after step, and holds their tensors while they are the same variables.

    Keras takes longer to give a variable's tensor than the core to update it.
    """

    def __init__(self) -> None:
        self._plan = SgdPlan(to_dlpack)
        self._variables: list[Any] = []
        self._params: list[torch.Tensor] = []
        self._buffers: list[torch.Tensor] = []
        self._groups: list[int] = []

    @torch.no_grad()
    def __call__(
        self, optimizer: MomentumSGD, gradients: Sequence[torch.Tensor], variables: Sequence[Any], learning_rate: Any
    ) -> bool:
        """Do one update of `variables` and of their momentum buffers: in keras.ops where the core cannot.

        Returns:
            Whether the core did any of it.
        """
        if len(variables) != len(self._variables) or not all(map(is_, variables, self._variables)):
            self._hold(optimizer, variables)
        left = self._plan.read(self._params, list(gradients), self._buffers, groups=self._groups)
        lr = float(learning_rate)
        self._plan.step([_options(optimizer, lr, decay) for decay in (0.0, optimizer.weight_decay)])
        torch.autograd.graph.increment_version(self._plan.params_updated)
        for i in left:
            update_variable(optimizer, gradients[i], variables[i], learning_rate)
        return len(left) < len(variables)

    def _hold(self, optimizer: MomentumSGD, variables: Sequence[Any]) -> None:
        self._variables = list(variables)
        self._params = [variable.value for variable in variables]
        self._groups = [int(optimizer.weight_decay_of(variable) > 0) for variable in variables]
        if optimizer.momentum > 0:
            self._buffers = [optimizer.momentum_buffer_of(variable).value for variable in variables]


def _options(optimizer: MomentumSGD, lr: float, weight_decay: float) -> SgdOptions:
    return SgdOptions(lr=lr, momentum=optimizer.momentum, weight_decay=weight_decay, nesterov=optimizer.nesterov)
