"""SGD with Nesterov momentum for PyTorch, computed in the core."""

from __future__ import annotations

from lrcore.torch.optim._sgd import SGD

__all__ = ["SGD"]
