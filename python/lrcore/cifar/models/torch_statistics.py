"""BatchNorm's statistics of single batches, in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import torch
from torch import nn

from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.models.torch_model import build_torch_model, numpy_copy, torch_tensors
from lrcore.cifar.models.weights import Weights


class TorchBatchStatistics:
    """The moving statistics that a training pass leaves, see `reestimate_batch_norm`.

    Args:
        spec: The model.
        weights: As `initial_weights` gives them; they are copied.
        dtype: Of the computation.
        device: Where it is done.
    """

    def __init__(
        self,
        spec: ModelSpec,
        weights: Weights,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        self._dtype, self._device = dtype, device
        self._model = build_torch_model(spec, weights, dtype).to(device).train()
        tensors = torch_tensors(self._model)
        self._statistics = {name: tensor for name, tensor in tensors.items() if not isinstance(tensor, nn.Parameter)}

    @torch.no_grad()
    def __call__(self, images: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """The moving statistics by name after a batch of images (N, 32, 32, 3)."""
        self._model(torch.from_numpy(images).to(self._device, self._dtype).permute(0, 3, 1, 2))
        return {name: numpy_copy(tensor) for name, tensor in self._statistics.items()}
