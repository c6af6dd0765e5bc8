"""The learning-rate range test for any training loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torch.optim import Optimizer

from lrcore._arguments import positive_count
from lrcore.range_test import RangeTest
from lrcore.range_test_result import RangeTestResult
from lrcore.torch.batches import generators
from lrcore.torch.group_lrs import in_proportion
from lrcore.torch.measured_step import Loss, MeasuredStep
from lrcore.torch.range_tests import run_range_tests
from lrcore.torch.touched import Touched
from lrcore.torch.update_watch import UpdateWatch


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
            in_proportion("start_lr", start_lr, optimizers),
            in_proportion("end_lr", end_lr, optimizers),
            num_iter,
            beta,
            divergence_factor,
            step_mode=step_mode,
            batches_per_lr=batches_per_lr,
            align=align,
            min_iter=min_iter,
        )
        for _ in range(positive_count("repeats", repeats))
    ]
    if validate is not None and align == "effect":
        raise ValueError(f"align must be 'used' with validate, which sees the effect in any case, but got {align!r}")
    touched = Touched(optimizers, to_restore)
    with UpdateWatch(optimizers) as watch:
        step = MeasuredStep(step_fn, validate, watch, touched.modules)
        snapshot = touched.snapshot(generators(batches))
        return run_range_tests(
            range_tests, optimizers, batches, step, snapshot, progress=progress, loader_name="batches"
        )
