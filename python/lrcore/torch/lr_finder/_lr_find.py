"""The learning-rate range test for any training loop."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from math import isfinite, nan
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from lrcore._validation import as_float, as_positive_int
from lrcore.range_test import RangeTest, RangeTestResult
from lrcore.torch._param_groups import lrs_per_group, param_groups
from lrcore.torch._snapshot import Snapshot, Stateful, preserve_training_modes
from lrcore.torch.lr_finder._data import generators
from lrcore.torch.lr_finder._loop import run_range_tests
from lrcore.torch.lr_finder._measurement import StepResult, UpdateWatch


def find_owning_modules(parameters: Iterable[Tensor]) -> list[Module]:
    """The live modules that hold any of `parameters`, themselves or in a submodule."""
    wanted = {id(parameter) for parameter in parameters}
    return [module for module in _live_modules() if any(id(own) in wanted for own in module.parameters())]


def _live_modules() -> list[Module]:
    # By type: isinstance would ask foreign objects for their __class__, which may run code of theirs.
    found = [each for each in gc.get_objects() if issubclass(type(each), Module)]
    return [module for module in found if "_parameters" in vars(module)]  # a module within its __init__ may have none


Loss = float | Tensor | tuple[float | Tensor, float | Tensor]
"""A loss, or a loss and a metric."""


class MeasuredStep:
    """Calls a step function on one batch, then where there is one a validation function, and measures.

    Args:
        step_fn: Does one update on a batch.
        validate: Called after each update, or None.
        watch: Tells whether there was an update.
        modules: Which keep their training flags, with their submodules, over a validation.
    """

    def __init__(
        self,
        step_fn: Callable[[Any], Loss],
        validate: Callable[[], Loss] | None,
        watch: UpdateWatch,
        modules: Iterable[Module],
    ) -> None:
        self._step_fn = step_fn
        self._validate = validate
        self._watch = watch
        self._modules = list(modules)

    def __call__(self, batches: Sequence[Any]) -> StepResult:
        """Do the update and measure it."""
        returned = self._step_fn(batches[0])
        updated = self._watch.pop()
        if returned is None and not updated:
            return StepResult(nan, updated=False)
        loss, metric = _loss_and_metric("step_fn", returned)
        # A loss that is not finite is the end of the descent, and no overflow of scaled gradients.
        if not updated and isfinite(loss):
            return StepResult(loss, updated=False)
        measured = StepResult(loss, metric=metric)
        return measured if self._validate is None else self._validated(measured, self._validate)

    def _validated(self, trained: StepResult, validate: Callable[[], Loss]) -> StepResult:
        with torch.no_grad(), preserve_training_modes(self._modules):
            loss, metric = _loss_and_metric("validate", validate())
        return StepResult(
            loss if isfinite(trained.loss) else trained.loss,
            training_loss=trained.loss,
            metric=trained.metric if metric is None else metric,
        )


def _loss_and_metric(name: str, returned: Any) -> tuple[float, float | None]:
    if not isinstance(returned, tuple):
        return _number(f"the loss of {name}", returned), None
    if len(returned) != 2:
        raise ValueError(f"{name} must return a loss or (loss, metric), but got a tuple of {len(returned)}")
    loss, metric = returned
    return _number(f"the loss of {name}", loss), _number(f"the metric of {name}", metric)


def _number(name: str, value: Any) -> float:
    if not isinstance(value, Tensor):
        return as_float(name, value)
    if value.numel() != 1:
        raise ValueError(f"{name} must have one element, but got a tensor of shape {tuple(value.shape)}")
    return as_float(name, value.item())


class RestoreScope:
    """Optimizers, every module that holds one of their parameters, and what else is named.

    Args:
        optimizers: Those of the training step.
        others: Further modules, optimizers, generators and objects with `state_dict` and `load_state_dict`.

    Raises:
        TypeError: When something else is among `others`.
    """

    def __init__(self, optimizers: Sequence[Optimizer], others: Iterable[Any]) -> None:
        self._optimizers = list(optimizers)
        self._generators: list[torch.Generator] = []
        self._others: list[Stateful] = []
        self.modules: list[Module] = []
        for other in others:
            self._add(other)
        self.modules += find_owning_modules(self._parameters())

    def snapshot(self, generators: Iterable[torch.Generator]) -> Snapshot:
        """All of it as it is now, with `generators`."""
        return Snapshot(self.modules, self._optimizers, [*self._generators, *generators], self._others)

    def _add(self, other: Any) -> None:
        if isinstance(other, Module):
            self.modules.append(other)
        elif isinstance(other, Optimizer):
            self._optimizers.append(other)
        elif isinstance(other, torch.Generator):
            self._generators.append(other)
        elif hasattr(other, "state_dict") and hasattr(other, "load_state_dict"):
            self._others.append(other)
        else:
            raise TypeError(f"to_restore must hold objects with state_dict and load_state_dict, but got {other!r}")

    def _parameters(self) -> Iterable[Tensor]:
        groups = chain.from_iterable(map(param_groups, self._optimizers))
        return chain.from_iterable(group["params"] for group in groups)


def lr_find(
    step_fn: Callable[[Any], Loss],
    optimizer: Optimizer | Sequence[Optimizer],
    batches: Iterable[Any],
    *,
    start_lr: float | Sequence[float] | None = None,
    end_lr: float | Sequence[float] = 10.0,
    num_iter: int = 100,
    step_mode: str = "exp",
    beta: float = 0.98,
    divergence_factor: float = 4.0,
    min_iter: int = 0,
    batches_per_lr: int = 1,
    repeats: int = 1,
    align: str = "used",
    validate: Callable[[], Loss] | None = None,
    to_restore: Iterable[Any] = (),
    progress: bool = True,
) -> RangeTestResult:
    """Let `step_fn` train with rising learning rates, record its losses and put everything back.

        lr_i = start_lr * (end_lr / start_lr)^(i / (num_iter - 1)),  i = 0 ... num_iter - 1

    Put back, also after an exception or Ctrl-C, are the optimizers, their parameters and gradients, every module that
    holds any of these parameters (with its submodules, buffers and training flags), what is in `to_restore`, and the
    random generators of Python, NumPy, torch and the loader. Under `torch.distributed` all ranks call this together:
    each records the mean of their losses, and all stop at the same update.

    Args:
        step_fn: Does one whole update on a batch (forward, backward, the optimizer's step) and returns the loss before
            it, or (loss, metric): floats or tensors of one element. A call in which no optimizer did an update, as at
            an overflow under mixed precision or while gradients are accumulated, is not counted.
        optimizer: That of `step_fn`, or all of them.
        batches: Handed to `step_fn` one by one; read again from the beginning when they are exhausted.
        start_lr: First learning rate of the first param group, where the others keep their ratio to it; a sequence: of
            each group, over all optimizers; None: the present ones.
        end_lr: Last learning rate, likewise.
        num_iter: Number of points, at least 2.
        step_mode: "exp", or "linear": lr_i = start_lr + (end_lr - start_lr) * i / (num_iter - 1).
        beta: Weight of the past in the smoothed loss, at least 0 and less than 1.
        divergence_factor: How many times the best smoothed loss is too much, greater than 1.
        min_iter: Points before which no loss counts as too much.
        batches_per_lr: Updates with each learning rate, whose mean loss is recorded.
        repeats: How many times to do the test from the same state, on other batches; the result is the mean curve.
        align: "used": a learning rate goes with the loss of its update; "effect": with the loss of the next one.
        validate: Called without gradients after each update, returns the validation loss, which then is the one that is
            judged, or (loss, metric). The modules' training flags are put back after each call.
        to_restore: Further modules, optimizers, torch generators, and objects with `state_dict` and `load_state_dict`,
            such as a GradScaler or a scheduler, that `step_fn` or `validate` change.
        progress: Whether to show a progress bar, where tqdm is installed.

    Raises:
        ValueError: For values out of range, or when `batches` is empty.
        TypeError: For values of the wrong type.

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section 3.3.

    Example:
        >>> import torch
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Linear(4, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        >>> def step(batch):
        ...     optimizer.zero_grad()
        ...     loss = (model(batch) - batch.sum(dim=1, keepdim=True)).square().mean()
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss
        >>> result = lr_find(step, optimizer, torch.randn(9, 16, 4), start_lr=1e-4, end_lr=0.1, progress=False)
        >>> result.stop_reason.name, len(result.lrs), optimizer.param_groups[0]["lr"]
        ('finished', 100, 0.01)
    """
    optimizers = list(optimizer) if isinstance(optimizer, Sequence) else [optimizer]
    if not optimizers:
        raise ValueError("optimizer must be at least one, but got none")
    range_tests = [
        RangeTest(
            lrs_per_group("start_lr", start_lr, optimizers),
            lrs_per_group("end_lr", end_lr, optimizers),
            num_iter,
            beta,
            divergence_factor,
            step_mode=step_mode,
            batches_per_lr=batches_per_lr,
            align=align,
            min_iter=min_iter,
        )
        for _ in range(as_positive_int("repeats", repeats))
    ]
    if validate is not None and align == "effect":
        raise ValueError(f"align must be 'used' with validate, which sees the effect in any case, but got {align!r}")
    touched = RestoreScope(optimizers, to_restore)
    with UpdateWatch(optimizers) as watch:
        step = MeasuredStep(step_fn, validate, watch, touched.modules)
        snapshot = touched.snapshot(generators(batches))
        return run_range_tests(
            range_tests, optimizers, batches, step, snapshot, progress=progress, loader_name="batches"
        )
