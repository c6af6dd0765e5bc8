"""Which device PyTorch trains on."""

from __future__ import annotations

import torch


def torch_device(name: str) -> torch.device:
    """The device of this name; "auto" is the accelerator of this machine, where there is one.

    Raises:
        ValueError: When this machine has no such device.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(device for device, is_there in available.items() if is_there))
    if not available.get(name, False):
        there = ", ".join(device for device, is_there in available.items() if is_there)
        raise ValueError(f"device must be one that this machine has ({there}), but got {name!r}")
    return torch.device(name)
