"""SGD with Nesterov momentum for torch, updated in the core where the tensors allow it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from math import inf
from typing import Any, overload

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.optimizer import ParamsT

from lrcore._arguments import real
from lrcore.torch.param_groups import ParamGroup
from lrcore.torch.sgd_kernels import Kernel, kernel_for

Tensors = tuple[list[Tensor], list[Tensor], list[Tensor]]


class SGD(Optimizer):
    """Stochastic gradient descent with torch's form of momentum, updated in the core where that is possible.

        g <- g + weight_decay * p
        b <- momentum * b + g
        p <- p - lr * (g + momentum * b)    (nesterov)
        p <- p - lr * b                     (otherwise)

    with b = 0 before the first update. Dense float32 and float64 CPU tensors are updated in place by
    `lrcore.sgd_step`, all others by `torch.optim`'s functional SGD. `state_dict` is interchangeable with that of
    `torch.optim.SGD`, in both directions and at any update.

    Args:
        params: Parameters or param groups, whose own options go before those below.
        lr: Learning rate, not negative; a tensor is read at each update.
        momentum: Factor of the previous b, at least 0 and less than 1.
        weight_decay: Factor of the parameter in its gradient, not negative.
        nesterov: Whether to look ahead by one momentum step; needs a momentum.

    Raises:
        ValueError: For values outside these ranges, here or in a group.

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.

    Example:
        >>> parameter = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = SGD([parameter], lr=0.25, momentum=0.5, nesterov=True)
        >>> parameter.grad = torch.tensor([1.0])
        >>> optimizer.step()
        >>> parameter.item()  # 1 - 0.25 * (1 + 0.5 * 1)
        0.625
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        *,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        # torch.optim.SGD needs to find a dampening in a state_dict that it loads.
        options = {"lr": lr, "momentum": momentum, "dampening": 0.0, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, options)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, whose own options go before the optimizer's."""
        _check_options({**self.defaults, **param_group})
        super().add_param_group(param_group)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of another `SGD` or of a `torch.optim.SGD`.

        Raises:
            ValueError: When a group has a dampening, or another option whose recurrence is not this one.
        """
        for group in state_dict["param_groups"]:
            _check_options({**self.defaults, **group})
        super().load_state_dict(state_dict)

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update every parameter that has a gradient.

        Args:
            closure: Computes the gradients and returns the loss, which is then returned.

        Raises:
            ValueError: When a gradient is sparse; no parameter is changed then.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        batches = [batch for index in range(len(self.param_groups)) for batch in self._batches(index)]
        for kernel, tensors, group in batches:
            kernel(*tensors, **{name: group[name] for name in ("lr", "momentum", "weight_decay", "nesterov")})
        return loss

    def _batches(self, index: int) -> list[tuple[Kernel, Tensors, ParamGroup]]:
        """The params, grads and buffers of one group, apart by kernel and dtype."""
        group = self.param_groups[index]
        batches: defaultdict[tuple[Kernel, torch.dtype], Tensors] = defaultdict(lambda: ([], [], []))
        for position, parameter in enumerate(group["params"]):
            if parameter.grad is None:
                continue
            if parameter.grad.layout != torch.strided:
                name = f"param_groups[{index}]['params'][{position}]"
                raise ValueError(f"{name} must have a dense gradient, but got {parameter.grad.layout}")
            tensors = [parameter, parameter.grad]
            if group["momentum"] != 0:
                tensors.append(self._momentum_buffer(parameter))
            for column, tensor in zip(batches[kernel_for(tensors), parameter.dtype], tensors, strict=False):
                column.append(tensor)
        return [(kernel, tensors, group) for (kernel, _), tensors in batches.items()]

    def _momentum_buffer(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if state.get("momentum_buffer") is None:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        buffer: Tensor = state["momentum_buffer"]
        return buffer


def _check_options(group: Mapping[str, Any]) -> None:
    for name in ("lr", "weight_decay"):
        if not 0 <= _number(name, group[name]) < inf:
            raise ValueError(f"{name} must be finite and not negative, but got {group[name]}")
    if not 0 <= _number("momentum", group["momentum"]) < 1:
        raise ValueError(f"momentum must be at least 0 and less than 1, but got {group['momentum']}")
    if group["nesterov"] and group["momentum"] == 0:
        raise ValueError(f"momentum must be greater than 0 with nesterov=True, but got {group['momentum']}")
    for name in ("dampening", "maximize", "differentiable"):
        if group.get(name):
            raise ValueError(f"{name} is not supported and must be {type(group[name])(0)}, but got {group[name]}")


def _number(name: str, value: Any) -> float:
    if not isinstance(value, Tensor):
        return real(name, value)
    if value.numel() != 1:
        raise ValueError(f"{name} must have 1 element, but got a tensor of {value.numel()}")
    return float(value)
