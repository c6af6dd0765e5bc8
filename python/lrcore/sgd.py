"""The SGD-Nesterov update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from lrcore import _core
from lrcore._arguments import count, flag, real


def sgd_step(
    params: Sequence[npt.NDArray[Any]],
    grads: Sequence[npt.NDArray[Any]],
    buffers: Sequence[npt.NDArray[Any]],
    *,
    lr: float,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    num_threads: int = 0,
) -> None:
    """One update of SGD with momentum, in place, for any number of parameters at once.

    g = grad + weight_decay * p,  b = momentum * b + g,  p -= lr * (g + momentum * b) (nesterov) | lr * b | lr * g (no
    momentum)

    The scalars are rounded to the arrays' dtype first. The result has the same bits for every number of threads and on
    every CPU; the GIL is released meanwhile.

    Args:
        params: Parameters p, one array or more, all float32 or all float64, C-contiguous; written.
        grads: Their gradients, of the same dtype and sizes; never written.
        buffers: Their momentum buffers b, zeros before the first update, of the same dtype and sizes; written. Empty if
            and only if `momentum` is 0.
        lr: Learning rate, finite and not negative.
        momentum: Finite and not negative.
        weight_decay: Coupled L2 weight decay, finite and not negative.
        nesterov: Whether to look ahead; needs momentum.
        num_threads: 0 lets the number of elements decide.

    Raises:
        ValueError: When an argument is out of range, sizes differ, or a written array is read-only or overlaps another.
        TypeError: When an argument is of the wrong type, or an array of the wrong dtype.

    Source: torch.optim.SGD with dampening 0; Sutskever et al., "On the importance of initialization and momentum in
    deep learning" (ICML 2013).

    Example:
        >>> import numpy as np
        >>> p, grad, b = np.ones(2), np.array([1.0, 2.0]), np.zeros(2)
        >>> sgd_step([p], [grad], [b], lr=0.5, momentum=0.5, nesterov=True)
        >>> p.tolist(), b.tolist()
        ([0.25, -0.5], [1.0, 2.0])
    """
    _core.sgd_step(
        list(params),
        list(grads),
        list(buffers),
        lr=real("lr", lr),
        momentum=real("momentum", momentum),
        weight_decay=real("weight_decay", weight_decay),
        nesterov=flag("nesterov", nesterov),
        num_threads=count("num_threads", num_threads),
    )
