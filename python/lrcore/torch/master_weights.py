"""Master weights that do not lose sight of what others write into the parameters."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lrcore.torch.sgd_table import Column


@torch.no_grad()
def follow_params(params: Sequence[Tensor], masters: Column) -> None:
    """Have each master weight follow its parameter where others have written that, as loading a checkpoint does.

    What was written is known by a master weight that no longer rounds to its parameter. Autograd's version of the
    parameter would be quicker to look at, but does not tell of what is written through `.data`.
    """
    for param, master in zip(params, masters, strict=False):
        if master is not None and not torch.equal(rounded := master.to(param.dtype), param):
            torch.where(rounded == param, master, param.to(master.dtype), out=master)
