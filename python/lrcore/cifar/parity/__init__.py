"""Parity: the same training in PyTorch and in Keras, and how far the two come apart.

`torch_side` and `keras_side` import their frameworks; nothing else here does.

The frameworks sum in different orders, so that each update begins with differences of about 1e-15, which training then
amplifies: the more, the larger the learning rate and the smaller the batches. Measured on CIFAR-10 with `guide`, 200
updates under a triangle from 1e-3 to `max_lr` and back in 20 updates, seed 0, lrcore's optimizers:

    batch size  max_lr  largest relative loss difference  largest weight difference
    32          1e-2    9e-13                             1e-11
    32          2e-2    1e-10                             3e-9
    32          5e-2    3e-2                              6e-1
    16          1e-2    1e-10                             9e-10

The growth is steady at first: no ReLU is open in one training and closed in the other, and the ties that max-pooling
decides differently change nothing. Only when the weights are about 1e-7 apart does a first ReLU differ; then the
gradients jump, and ten updates later the weights are 1e-3 apart. (Counted in two PyTorch trainings with batches of 16
up to 5e-2, of which one began a rounding away from the other.)

So the defaults of `lrcore parity`, batches of 32 up to 1e-2, move the learning rate tenfold within ten updates and stay
a factor of 80 below the limits. (Of seeds 0, 1 and 2, seed 0 comes closest to them.) They take about seven minutes on
one core.
"""

from __future__ import annotations

from lrcore.cifar.parity.result import LOSS_LIMIT, WEIGHT_LIMIT, ParityComparison, ParityResult
from lrcore.cifar.parity.run import run_parity
from lrcore.cifar.parity.settings import ParitySettings

__all__ = ["LOSS_LIMIT", "WEIGHT_LIMIT", "ParityComparison", "ParityResult", "ParitySettings", "run_parity"]
