"""Master weights that do not lose sight of what others write into the parameters."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lrcore.torch.sgd_table import Column


class MasterWeights:
    """Has each master weight follow its parameter where others have written that, as loading a checkpoint does.

    What was written is known by autograd's version of the tensor, and then by a master weight that no longer rounds to
    its parameter.
    """

    def __init__(self) -> None:
        self._versions: list[int] = []

    def follow(self, params: Sequence[Tensor], masters: Column) -> None:
        """Take over what others have written since the last `note`."""
        if not masters or self._versions == self._current(params):
            return
        for param, master in zip(params, masters, strict=True):
            if master is not None:
                _follow(param, master)

    def note(self, params: Sequence[Tensor], masters: Column) -> None:
        """Remember that the master weights have followed all that was written so far."""
        if masters:
            self._versions = self._current(params)

    def _current(self, params: Sequence[Tensor]) -> list[int]:
        return [param._version for param in params]


@torch.no_grad()
def _follow(param: Tensor, master: Tensor) -> None:
    torch.where(master.to(param.dtype) == param, master, param.to(master.dtype), out=master)
