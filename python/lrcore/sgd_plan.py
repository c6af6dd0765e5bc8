"""The update of the tensors of any framework, step after step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lrcore import _core
from lrcore._core import SgdOptions

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
