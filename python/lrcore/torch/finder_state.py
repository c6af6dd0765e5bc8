"""What a finder changes on a training: saved before, and made ready for the sweep."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import torch
from torch.amp import GradScaler
from torch.nn import Module
from torch.optim import Optimizer

from lrcore.torch.batches import generators
from lrcore.torch.snapshot import Snapshot


def device_of(model: Module) -> torch.device:
    """Where the first parameter or buffer of `model` is; the CPU if it has none."""
    tensor = next(chain(model.parameters(), model.buffers()), None)
    return torch.device("cpu") if tensor is None else tensor.device


def take_snapshot(
    model: Module,
    optimizer: Optimizer,
    criterion: Callable[..., Any] | None,
    scaler: GradScaler | None,
    loaders: Iterable[Iterable[Any]],
    device: torch.device,
    directory: str | os.PathLike[str] | None,
) -> Snapshot:
    """Save all that updates of `model` on `device`, and the reading of `loaders`, change; in `directory` if not None.

    Raises:
        OSError: When no file can be written in `directory`.
    """
    if device.type == "cuda":
        # Else the sweep would start CUDA's generators, too late for their states to be saved.
        torch.cuda.init()
    modules = [module for module in (model, criterion) if isinstance(module, Module)]
    drawn = chain.from_iterable(map(generators, loaders))
    return Snapshot(modules, [optimizer], drawn, [] if scaler is None else [scaler], directory)


def prepare(model: Module, optimizer: Optimizer, device: torch.device) -> None:
    """Move both to `device`, and put the model into training mode if it is in evaluation mode."""
    if device != device_of(model):
        model.to(device)
        optimizer.load_state_dict(optimizer.state_dict())  # moves the state to the parameters' device
    if not model.training:
        model.train()
