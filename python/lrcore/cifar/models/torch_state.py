"""Momentum and BatchNorm statistics of a PyTorch model, by the names and in the layout of the weights."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import torch
from torch import nn

from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.models.torch_model import build_torch_model, canonical_view, numpy_copy, torch_tensors
from lrcore.cifar.models.weights import Weights, check_arrays


def torch_momentum(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, npt.NDArray[Any]]:
    """Copy the momentum buffers b of `lrcore.torch.SGD` or `torch.optim.SGD`; before the first update they are 0.

    Args:
        model: As `build_torch_model` gives it.
        optimizer: Of all parameters of the model.

    Returns:
        An array for each parameter, with the names and the layout of `initial_weights`.

    Raises:
        ValueError: When the optimizer lacks a parameter of the model.
    """
    buffers = {name: _buffer(optimizer, parameter) for name, parameter in _parameters(model, optimizer).items()}
    return {name: numpy_copy(canonical_view(buffer)) for name, buffer in buffers.items()}


def assign_torch_momentum(model: nn.Module, optimizer: torch.optim.Optimizer, arrays: Weights) -> None:
    """Copy momentum, as `torch_momentum` or `keras_momentum` gives it, into the buffers of an optimizer.

    Raises:
        ValueError: When the names or shapes are not those of the model's parameters, or the optimizer lacks one;
            nothing is changed then.
    """
    parameters = _parameters(model, optimizer)
    shapes = {name: tuple(canonical_view(parameter).shape) for name, parameter in parameters.items()}
    check_arrays("momentum", arrays, shapes)
    for name, parameter in parameters.items():
        buffer = _buffer(optimizer, parameter)
        canonical_view(buffer).copy_(torch.tensor(arrays[name]))
        optimizer.state[parameter]["momentum_buffer"] = buffer


def _parameters(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, nn.Parameter]:
    parameters = {name: tensor for name, tensor in torch_tensors(model).items() if isinstance(tensor, nn.Parameter)}
    updated = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    for name, parameter in parameters.items():
        if id(parameter) not in updated:
            raise ValueError(f"optimizer must hold every parameter of the model, but lacks {name!r}")
    return parameters


def _buffer(optimizer: torch.optim.Optimizer, parameter: torch.Tensor) -> torch.Tensor:
    """The buffer of a parameter, or zeros that are not yet the optimizer's."""
    # Not optimizer.state[parameter], which would make an entry.
    buffer: torch.Tensor | None = optimizer.state.get(parameter, {}).get("momentum_buffer")
    return torch.zeros_like(parameter) if buffer is None else buffer


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
