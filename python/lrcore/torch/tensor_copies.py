"""Copies of the values of tensors, in CPU memory or in a file."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor


class MemoryCopies:
    """Copies in CPU memory."""

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self._copies = [tensor.detach().to("cpu", copy=True) for tensor in tensors]

    def read(self) -> list[Tensor]:
        """The copies, in the order of the tensors."""
        return self._copies


class FileCopies:
    """Copies in a file of their own, which is removed together with this object.

    Args:
        tensors: What to copy.
        directory: Folder of the file.

    Raises:
        OSError: When no file can be written there.
    """

    def __init__(self, tensors: Iterable[Tensor], directory: str | os.PathLike[str]) -> None:
        descriptor, name = tempfile.mkstemp(prefix="lrcore_", suffix=".pt", dir=directory)
        self._path = Path(name)
        weakref.finalize(self, self._path.unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as file:
            torch.save([tensor.detach() for tensor in tensors], file)

    def read(self) -> list[Tensor]:
        """The copies, in the order of the tensors, paged in from the file as they are used."""
        copies: list[Tensor] = torch.load(self._path, map_location="cpu", mmap=True, weights_only=True)
        return copies
