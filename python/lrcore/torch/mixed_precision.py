"""Automatic mixed precision, as its settings in `LRFinder` say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch


def autocast(
    amp_backend: str | None, amp_config: Mapping[str, Any] | None, device: torch.device
) -> Callable[[], AbstractContextManager[Any]]:
    """The maker of contexts in which the loss is to be computed.

    Args:
        amp_backend: "torch", or None for full precision.
        amp_config: Arguments of `torch.autocast`; its device_type is that of `device` unless given.
        device: Where the loss is computed.

    Raises:
        ValueError: When `amp_backend` is another one.
        TypeError: When `torch.autocast` does not know one of the arguments.
    """
    if not amp_backend:
        return nullcontext
    if amp_backend == "apex":
        raise ValueError("amp_backend 'apex' is not supported: use 'torch', PyTorch's own mixed precision")
    if amp_backend != "torch":
        raise ValueError(f"amp_backend must be 'torch' or None, but got {amp_backend!r}")
    make = partial(torch.autocast, **{"device_type": device.type, **(amp_config or {})})
    make()
    return make
