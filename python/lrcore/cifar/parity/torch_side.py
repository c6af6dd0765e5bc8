"""The run in PyTorch: a plain loop with lrcore's scheduler, and lrcore's optimizer or the stock one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

try:
    import torch
except ImportError as error:
    raise ImportError("parity needs PyTorch: pip install 'lrcore[torch]'") from error
from torch.nn import functional

import lrcore.torch
from lrcore.cifar.models.torch_model import build_torch_model, parameter_groups, torch_weights
from lrcore.cifar.parity.sides import MOMENTUM, Array, InitialState, TraceRow

OPTIMIZERS = {"lrcore": lrcore.torch.SGD, "stock": torch.optim.SGD}


class TorchRun:
    """See `lrcore.cifar.parity.sides.Side`.

    Args:
        start: Model, weights and schedule.
        pair: "lrcore" for `lrcore.torch.SGD`, "stock" for `torch.optim.SGD`.
    """

    def __init__(self, start: InitialState, pair: str) -> None:
        self._model = build_torch_model(start.spec, start.weights, torch.float64).train()
        groups = parameter_groups(self._model, start.spec)
        self._optimizer = OPTIMIZERS[pair](groups, lr=start.schedule(0), momentum=MOMENTUM, nesterov=True)
        self._schedule = start.schedule
        self._scheduler = lrcore.torch.Scheduler(self._optimizer, start.schedule)

    def update(self, images: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> TraceRow:
        """Do one update."""
        self._optimizer.zero_grad()
        logits = self._model(torch.from_numpy(images).permute(0, 3, 1, 2))
        loss = functional.cross_entropy(logits, torch.from_numpy(labels))
        loss.backward()
        self._optimizer.step()
        step, read_back = self._scheduler.last_epoch, float(self._optimizer.param_groups[0]["lr"])
        self._scheduler.step()
        return TraceRow(step, self._schedule(step), read_back, loss.item())

    def weights(self) -> dict[str, Array]:
        """A copy of all weights and moving statistics."""
        return torch_weights(self._model)
