"""Parity: the same training in PyTorch and in Keras, and how far the two come apart.

`torch_side` and `keras_side` import their frameworks; nothing else here does.
"""

from __future__ import annotations

from lrcore.cifar.parity.pair import LOSS_LIMIT, WEIGHT_LIMIT, Pair
from lrcore.cifar.parity.result import ParityResult
from lrcore.cifar.parity.run import run_parity
from lrcore.cifar.parity.settings import ParitySettings

__all__ = ["LOSS_LIMIT", "WEIGHT_LIMIT", "Pair", "ParityResult", "ParitySettings", "run_parity"]
