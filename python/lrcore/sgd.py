"""The SGD-Nesterov update of NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy.typing as npt

from lrcore import _core
from lrcore._arguments import count, flag, real, text

Arrays = Sequence[npt.NDArray[Any]]


def sgd_step(
    params: Arrays,
    grads: Arrays,
    buffers: Arrays,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
    grad_factor: float = 1.0,
    grad_after: Literal["kept", "scaled", "zeroed"] = "kept",
    masters: Arrays = (),
    averages: Arrays = (),
    ema_decay: float = 0.0,
    first: bool = False,
    count_nonfinite: bool = False,
    num_threads: int = 0,
) -> int:
    """One update of SGD with momentum, in place, for any number of parameters at once.

    g = grad_factor * grad (its negative to maximize) + weight_decay * p,  b = momentum * b + (1 - dampening) * g,
    p -= lr * (g + momentum * b) (nesterov) | lr * b | lr * g (no momentum),  e = ema_decay * e + (1 - ema_decay) * p

    The scalars are rounded to the dtype of the buffers first. The result has the same bits for every number of threads
    and on every CPU; the GIL is released meanwhile.

    Args:
        params: Parameters p, one array or more, all of one dtype: float32, float64, float16 or ml_dtypes' bfloat16;
            C-contiguous; written.
        grads: Their gradients, of the same dtype and sizes; written only if `grad_after` says so.
        buffers: Their momentum buffers b, zeros before the first update; written. Empty if and only if `momentum` is 0.
            Of the dtype of params, but float32 for 16-bit params, as are masters and averages.
        lr: Learning rate, finite and not negative.
        momentum: Finite and not negative.
        dampening: Finite; 0 with nesterov.
        weight_decay: Coupled L2 weight decay, finite and not negative.
        nesterov: Whether to look ahead; needs momentum.
        maximize: Whether to climb instead of descend.
        grad_factor: 1 / loss scale, clipping factor, or any other number that multiplies all gradients.
        grad_after: Whether the gradients are "kept", "scaled" by `grad_factor`, or "zeroed".
        masters: float32 weights of 16-bit params: updated in their place, then rounded to params. Empty for none.
        averages: Exponential moving averages e of the weights; written. Empty for none.
        ema_decay: In [0, 1].
        first: Whether buffers and averages hold nothing yet: then b = g, without dampening, and e = p.
        count_nonfinite: Whether to count what is inf or NaN in the gradients.
        num_threads: 0 lets the number of elements decide.

    Returns:
        The number of elements of the gradients that are inf or NaN; 0 unless they are to be counted.

    Raises:
        ValueError: When an argument is out of range, sizes differ, or a written array is read-only or overlaps another.
        TypeError: When an argument is of the wrong type, or an array of the wrong dtype.

    Source: torch.optim.SGD; Sutskever et al., "On the importance of initialization and momentum in deep learning"
    (ICML 2013).

    Example:
        >>> import numpy as np
        >>> p, grad, b = np.ones(2), np.array([1.0, 2.0]), np.zeros(2)
        >>> sgd_step([p], [grad], [b], lr=0.5, momentum=0.5, nesterov=True)
        0
        >>> p.tolist(), b.tolist()
        ([0.25, -0.5], [1.0, 2.0])
    """
    return _core.sgd_step(
        list(params),
        list(grads),
        list(buffers),
        lr=real("lr", lr),
        momentum=real("momentum", momentum),
        dampening=real("dampening", dampening),
        weight_decay=real("weight_decay", weight_decay),
        nesterov=flag("nesterov", nesterov),
        maximize=flag("maximize", maximize),
        grad_factor=real("grad_factor", grad_factor),
        grad_after=text("grad_after", grad_after),
        masters=list(masters),
        averages=list(averages),
        ema_decay=real("ema_decay", ema_decay),
        first=flag("first", first),
        count_nonfinite=flag("count_nonfinite", count_nonfinite),
        num_threads=count("num_threads", num_threads),
    )


def grad_norm(grads: Arrays, *, num_threads: int = 0) -> float:
    """The Euclidean norm of all gradients together: sqrt(sum of grad^2).

    The squares are computed and added in float64, in an order that depends on the sizes alone, so that the result has
    the same bits for every number of threads and on every CPU.

    Args:
        grads: Arrays of float32, float64, float16 or ml_dtypes' bfloat16, C-contiguous.
        num_threads: 0 lets the number of elements decide.

    Raises:
        ValueError: When an array is not C-contiguous, or `num_threads` is negative.
        TypeError: When an array is of another dtype.

    Example:
        >>> import numpy as np
        >>> grad_norm([np.array([3.0]), np.array([4.0])])
        5.0
    """
    return _core.grad_norm(list(grads), num_threads=count("num_threads", num_threads))
