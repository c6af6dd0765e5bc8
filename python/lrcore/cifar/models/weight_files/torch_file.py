"""Weights in PyTorch's files: the state_dict of our model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch

from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.models.torch_model import build_torch_model, torch_weights
from lrcore.cifar.models.weight_files.reading import one_dtype, placeholder_weights, reading
from lrcore.cifar.models.weights import Weights, check_arrays


def stored_model(path: Path) -> str | None:
    """A state_dict does not say what it is of."""
    return None


def read(path: Path, spec: ModelSpec) -> dict[str, npt.NDArray[Any]]:
    """The weights in a file; nothing but tensors is ever unpickled.

    Raises:
        ValueError: When the file is damaged or does not hold weights of `spec`.
    """
    with reading(path, "a PyTorch state_dict"):
        state = torch.load(path, map_location="cpu", weights_only=True)
        dtypes = [str(tensor.dtype).removeprefix("torch.") for tensor in state.values()]
    model = build_torch_model(spec, placeholder_weights(spec))
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    check_arrays(f"the weights in {path}", state, shapes)
    model.to(getattr(torch, one_dtype(path, dtypes))).load_state_dict(state)
    return torch_weights(model)


def write(path: Path, spec: ModelSpec, weights: Weights) -> None:
    """Write weights for `model.load_state_dict(torch.load(path))`."""
    dtype = getattr(torch, next(iter(weights.values())).dtype.name)
    torch.save(build_torch_model(spec, weights, dtype).state_dict(), path)
