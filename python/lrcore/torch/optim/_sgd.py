"""SGD with torch's momentum, updated in the core where the tensors allow it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar, cast, overload

import torch
from torch import Tensor
from torch.autograd import profiler
from torch.optim import Optimizer, optimizer
from torch.optim.optimizer import ParamsT

from lrcore.torch._param_groups import ParamGroup
from lrcore.torch.optim._layout import HALF_TYPES
from lrcore.torch.optim._options import check_max_grad_norm, check_new_group, check_options
from lrcore.torch.optim._step import SgdUpdate


@contextmanager
def averaged_weights(param_groups: Sequence[ParamGroup], state: Mapping[Any, dict[str, Any]]) -> Iterator[None]:
    """Copy the averages into the parameters, and their own values back afterwards."""
    params = [param for group in param_groups for param in group["params"]]
    averages = [(param, state[param]["average"]) for param in params if state.get(param, {}).get("average") is not None]
    weights = [(param, param.detach().clone()) for param, _ in averages]
    try:
        _copy(averages)
        yield
    finally:
        _copy(weights)


@torch.no_grad()
def _copy(pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    for param, values in pairs:
        param.copy_(values)


Step = TypeVar("Step", bound=Callable[..., Any])


def hooked_step(step: Step) -> Step:
    """Have the `step` of an optimizer call torch's hooks and tell its profiler, but not ask for either in vain.

    `Optimizer` wraps every `step` that is not marked as hooked. Its wrapper opens a profiler's record each time: 7 us,
    half as much as all else around an update of 30 parameters. It is entered here only for a hook, a profiler or an
    argument: a closure may do anything, such as add a hook. `torch.compile` breaks its graph at the step.
    """
    with_hooks = Optimizer.profile_hook_step(step)

    @functools.wraps(step)
    def hooked(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if torch.compiler.is_compiling():
            return uncompiled(self, *args, **kwargs)
        if args or kwargs or _has_hooks(self) or _is_profiled():
            return with_hooks(self, *args, **kwargs)
        step(self)
        self._optimizer_step_code()  # the profiler of Python calls looks out for it, from within other threads too
        return None

    uncompiled = torch._disable_dynamo(hooked)  # type: ignore[attr-defined]
    hooked.hooked = True  # type: ignore[attr-defined]
    return cast(Step, hooked)


def _has_hooks(self: Optimizer) -> bool:
    return bool(
        self._optimizer_step_pre_hooks
        or self._optimizer_step_post_hooks
        or optimizer._global_optimizer_pre_hooks
        or optimizer._global_optimizer_post_hooks
    )


def _is_profiled() -> bool:
    return profiler._is_profiler_enabled or torch._C._autograd._profiler_enabled()


@dataclass(frozen=True)
class _UncastTensor:
    """A tensor that `Optimizer.load_state_dict` does not know for one, and so leaves as it is."""

    tensor: Tensor


def hold(state_dict: Mapping[str, Any], params: list[Tensor]) -> dict[str, Any]:
    """`state_dict` with the state of the 16-bit ones among `params` held, which torch would round to 16 bits."""
    indices = chain.from_iterable(group["params"] for group in state_dict["param_groups"])
    half = {index for index, param in zip(indices, params, strict=False) if param.dtype in HALF_TYPES}
    state = {key: _mapped(_hold, value) if key in half else value for key, value in state_dict["state"].items()}
    return {**state_dict, "state": state}


def release(state: Mapping[Any, Any]) -> None:
    """Put what was held back in its place, on the device of its parameter."""
    for param, values in state.items():
        if isinstance(param, Tensor):
            values.update(
                {name: v.tensor.to(param.device) for name, v in values.items() if isinstance(v, _UncastTensor)}
            )


def _hold(value: Any) -> Any:
    return _UncastTensor(value) if isinstance(value, Tensor) else value


def _mapped(function: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: function(value) for name, value in values.items()}


class SGD(Optimizer):
    """`torch.optim.SGD` in the core: stochastic gradient descent with momentum, all parameters in one call.

        g <- g + weight_decay * p                   (-g with maximize)
        b <- momentum * b + (1 - dampening) * g     (b <- g at the first update of p)
        p <- p - lr * (g + momentum * b)            (nesterov)
        p <- p - lr * b                             (otherwise)
        e <- ema_decay * e + (1 - ema_decay) * p    (e <- p at the first update of p)

    A replacement for `torch.optim.SGD`: its arguments in its order, its groups, its hooks, and its `state_dict`,
    which each of the two can load from the other at any update. The core updates dense float32, float64, bfloat16 and
    float16 tensors on the CPU in place, in any memory format, 16-bit ones with float32 momentum. All others, also on
    other devices, are updated by torch, fused where it can.

    Args:
        params: Parameters or param groups, whose own options go before those below.
        lr: Learning rate, finite and not negative; a tensor of one element is read at each update.
        momentum: Factor of the previous b, finite and not negative.
        dampening: What is withheld from g in b, finite.
        weight_decay: Factor of the parameter in its gradient, finite and not negative.
        nesterov: Whether to look ahead by one momentum step; needs a momentum and no dampening.
        maximize: Whether to go up the gradient.
        foreach: Accepted for torch's sake; makes no difference.
        differentiable: Accepted for torch's sake; must be False.
        fused: Accepted for torch's sake; makes no difference.
        max_grad_norm: Clip the norm of all gradients together, as `torch.nn.utils.clip_grad_norm_` does, but leave the
            gradients themselves as they are; None: no clipping. Can be set anew at any time; is not in `state_dict`.
        ema_decay: Keep the average e of the weights in the state as "average", float32 for 16-bit parameters. At least
            0 and less than 1; None: no average.
        master_weights: Whether 16-bit parameters are rounded from float32 weights, in the state as "master_weight".

    Attributes:
        grad_norm: The norm of the unscaled gradients of the last update if it clipped, else None.
        path: What the last update has used: "core", "torch" or "core, torch"; None before the first.

    Raises:
        ValueError: For values outside these ranges, here or in a group.

    Source: torch.optim.SGD; Sutskever et al., "On the importance of initialization and momentum in deep learning" (ICML
    2013).

    Example:
        >>> parameter = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = SGD([parameter], lr=0.25, momentum=0.5, nesterov=True)
        >>> parameter.grad = torch.tensor([1.0])
        >>> optimizer.step()
        >>> parameter.item()  # 1 - 0.25 * (1 + 0.5 * 1)
        0.625
    """

    # torch's GradScaler leaves the scale and what it has found in `grad_scale` and `found_inf` for the time of a step.
    _step_supports_amp_scaling = True

    path: str | None
    grad_norm: float | None

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
        max_grad_norm: float | None = None,
        ema_decay: float | None = None,
        master_weights: bool = False,
    ) -> None:
        self.max_grad_norm = max_grad_norm
        self._forget()
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
            "ema_decay": ema_decay,
            "master_weights": master_weights,
        }
        super().__init__(params, options)

    @property
    def max_grad_norm(self) -> float | None:
        """What the norm of all gradients together is clipped to, or None."""
        return self._max_grad_norm

    @max_grad_norm.setter
    def max_grad_norm(self, max_grad_norm: float | None) -> None:
        self._max_grad_norm = check_max_grad_norm(max_grad_norm)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, whose own options go before the optimizer's."""
        check_new_group({**self.defaults, **param_group})
        super().add_param_group(param_group)

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @hooked_step
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update every parameter that has a gradient; nothing when a `GradScaler` has found an overflow.

        Args:
            closure: Computes the gradients and returns the loss, which is then returned.

        Raises:
            ValueError: When a gradient is sparse, an option of a group has left its range, or gradients that a
                `GradScaler` has scaled share memory; no parameter is changed then.
            RuntimeError: When two threads step one optimizer at once.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        overflow = getattr(self, "found_inf", None)
        if overflow is None or not float(overflow) > 0:
            scale = getattr(self, "grad_scale", None)
            self._update(self.param_groups, self.state, grad_scale=scale, max_grad_norm=self.max_grad_norm)
            self.path, self.grad_norm = self._update.path, self._update.grad_norm
        return loss

    def averaged_weights(self) -> AbstractContextManager[None]:
        """A context in which the parameters hold their averages; their own values are back after it.

        Parameters that have no average yet keep their values.

        Raises:
            ValueError: When no group has an `ema_decay`.
        """
        if all(group["ema_decay"] is None for group in self.param_groups):
            raise ValueError("ema_decay must be a number for averaged_weights, but got None")
        return averaged_weights(self.param_groups, self.state)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of another `SGD` or of a `torch.optim.SGD`; that of 16-bit parameters is not rounded.

        Raises:
            ValueError: When an option of a group is out of its range; nothing is changed then.
        """
        # The last of these hooks: it sees what the others have made of the state.
        hook = self.register_load_state_dict_pre_hook(_check_and_wrap)
        try:
            super().load_state_dict(state_dict)
        finally:
            hook.remove()

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_max_grad_norm": self.max_grad_norm}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._forget()
        release(self.state)
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)

    def _forget(self) -> None:
        """Be as before the first update, but for the state."""
        self._update = SgdUpdate()
        self.path = None
        self.grad_norm = None


def _check_and_wrap(optimizer: Optimizer, state_dict: dict[str, Any]) -> dict[str, Any]:
    for group in state_dict["param_groups"]:
        check_options({**optimizer.defaults, **group})
    return hold(state_dict, [param for group in optimizer.param_groups for param in group["params"]])
