"""The SGD-Nesterov update of NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy.typing as npt

import lrcore._core as _core
from lrcore._core import SgdOptions
from lrcore._validation import as_bool, as_float, as_int, as_str


def clipping_factor(norm: float, max_norm: float) -> float:
    """What shrinks gradients of that norm to `max_norm`: at most 1, and NaN for NaN.

    Source: torch.nn.utils.clip_grad_norm_, whose 1e-6 this has too.
    """
    factor = max_norm / (norm + 1e-6)
    return 1.0 if factor > 1.0 else factor


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
        lr=as_float("lr", lr),
        momentum=as_float("momentum", momentum),
        dampening=as_float("dampening", dampening),
        weight_decay=as_float("weight_decay", weight_decay),
        nesterov=as_bool("nesterov", nesterov),
        maximize=as_bool("maximize", maximize),
        grad_factor=as_float("grad_factor", grad_factor),
        grad_after=as_str("grad_after", grad_after),
        masters=list(masters),
        averages=list(averages),
        ema_decay=as_float("ema_decay", ema_decay),
        first=as_bool("first", first),
        count_nonfinite=as_bool("count_nonfinite", count_nonfinite),
        num_threads=as_int("num_threads", num_threads),
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
    return _core.grad_norm(list(grads), num_threads=as_int("num_threads", num_threads))


__all__ = ["SgdOptions", "SgdPlan"]


class SgdPlan:
    """Updates a model's tensors in place, all in one call, by the recurrence of `lrcore.sgd_step`.

    Each step is a `read` and then a `step`: the read looks up where the tensors lie, which costs little while they stay
    where they are, and keeps them alive: gradients until the step is done, the others until the next read. Between the
    two, no tensor may be given other memory.
    Tensors may overlap each other, as tied weights do: they are then updated one after another. Every result has the
    same bits for every number of threads.

    Args:
        to_dlpack: Gives a DLPack capsule of a tensor whose type lacks DLPack's C exchange API, as
            `torch.utils.dlpack.to_dlpack` does.

    Raises:
        RuntimeError: When two threads use one plan at once, or a step comes without a read. (Each thread may use a plan
            of its own.)

    Example:
        >>> import torch
        >>> p, grad, b = torch.ones(2), torch.tensor([1.0, 2.0]), torch.zeros(2)
        >>> plan = SgdPlan()
        >>> plan.read([p], [grad], [b], groups=[0])
        []
        >>> plan.step([SgdOptions(lr=0.5, momentum=0.5, nesterov=True)])
        0
        >>> p.tolist(), b.tolist()
        ([0.25, -0.5], [1.0, 2.0])
    """

    __slots__ = ("_plan",)

    def __init__(self, to_dlpack: Callable[[Any], Any] | None = None) -> None:
        self._plan = _core.SgdPlan(to_dlpack)

    def read(
        self,
        params: list[Any],
        grads: list[Any],
        buffers: list[Any],
        *,
        groups: list[int],
        masters: list[Any] | None = None,
        averages: list[Any] | None = None,
        first_momenta: Sequence[int] = (),
        first_averages: Sequence[int] = (),
    ) -> list[int]:
        """Take the tensors of the next step.

        The core updates dense float32, float64, bfloat16 and float16 tensors on the host, each with a gradient of its
        dtype, and with a buffer, a master and an average of float32 (float64 for float64); all of one memory layout.

        Args:
            params: The parameters; written by the step.
            grads: Their gradients; None leaves a parameter out of the step.
            buffers: Their momentum buffers, or None in place of one or of all (an empty list): without momentum.
            groups: The index of each parameter's options in those of the step.
            masters: Likewise their float32 master weights, of 16-bit parameters alone.
            averages: Likewise the moving averages of the weights.
            first_momenta: Positions whose buffer holds nothing yet: the step writes it without reading it.
            first_averages: Likewise for the averages.

        Returns:
            The positions of the parameters with a gradient that the core cannot update and leaves alone.

        Raises:
            ValueError: When the lists differ in length, or a group or position is out of range.
        """
        return self._plan.read(
            params,
            grads,
            buffers,
            groups,
            masters or [],
            averages or [],
            list(first_momenta),
            list(first_averages),
        )

    def grad_norm(self, grad_factor: float = 1.0, *, num_threads: int = 0) -> float:
        """sqrt(sum of (grad_factor * grad)^2), computed in float64 over all gradients of the next step."""
        return self._plan.grad_norm(grad_factor, num_threads)

    def step(self, options: Sequence[SgdOptions]) -> int:
        """Update what was read, with the options of each group.

        Args:
            options: One value per group; the number of threads is that of the first.

        Returns:
            The number of gradient elements that are inf or NaN, in the groups whose options count them.

        Raises:
            ValueError: When a group lacks options, momentum lacks a buffer, or gradients that are to be written overlap
                each other; nothing has changed then.
        """
        return self._plan.step(options)

    @property
    def params_updated(self) -> list[Any]:
        """The parameters that the next step writes; the same list object while they are the same."""
        return self._plan.params_updated
