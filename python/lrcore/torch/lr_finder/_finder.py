"""The learning-rate range test for a torch model, which leaves no trace on what it is run on."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.amp import GradScaler
from torch.nn import Module
from torch.optim import Optimizer

from lrcore._validation import as_float, as_positive_int
from lrcore.range_test import RangeTest, RangeTestResult
from lrcore.torch._param_groups import one_per_group, param_groups
from lrcore.torch._snapshot import Snapshot
from lrcore.torch.lr_finder._data import generators, unwrapped
from lrcore.torch.lr_finder._loop import Step, combined_result, run_range_tests
from lrcore.torch.lr_finder._plot import plot_finder
from lrcore.torch.lr_finder._step import (
    Criterion,
    LossFunction,
    Metric,
    Update,
    ValidatedUpdate,
    Validation,
    autocast,
    check_needs_no_closure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


Lrs = float | Sequence[float]


def range_tests(
    optimizer: Optimizer,
    start_lr: Lrs | None,
    end_lr: Lrs,
    num_iter: int,
    smooth_f: float,
    diverge_th: float,
    repeats: int,
    **options: Any,
) -> list[RangeTest]:
    """One range test for each repeat, with the learning rates of every param group.

    Args:
        optimizer: Whose groups are meant, and have the first learning rates where `start_lr` is None.
        start_lr: The first learning rate of all groups, or a list or tuple of one for each.
        end_lr: The last, likewise.
        num_iter: Number of points.
        smooth_f: Weight of the newest loss in the smoothed one, in [0, 1].
        diverge_th: How many times the best smoothed loss is too much.
        repeats: How many range tests.
        **options: Those of `RangeTest`.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.
    """
    groups = param_groups(optimizer)
    start_lr = [float(group["lr"]) for group in groups] if start_lr is None else start_lr
    ends = (_per_group("start_lr", start_lr, len(groups)), _per_group("end_lr", end_lr, len(groups)))
    repeats = as_positive_int("repeats", repeats)
    return [RangeTest(*ends, num_iter, _beta(smooth_f), _factor(diverge_th), **options) for _ in range(repeats)]


def _per_group(name: str, lrs: Lrs, groups: int) -> Lrs:
    values = one_per_group(name, lrs, groups)
    return values if len(values) > 1 else values[0]


def _beta(smooth_f: float) -> float:
    if not 0 <= as_float("smooth_f", smooth_f) <= 1:
        raise ValueError(f"smooth_f must be between 0 and 1, but got {smooth_f}")
    return 1 - smooth_f if smooth_f else 0.0


def _factor(diverge_th: float) -> float:
    if not 1 < as_float("diverge_th", diverge_th) < inf:
        raise ValueError(f"diverge_th must be finite and greater than 1, but got {diverge_th}")
    return diverge_th


def device_of(model: Module) -> torch.device:
    """Where the first parameter or buffer of `model` is; the CPU if it has none."""
    tensor = next(chain(model.parameters(), model.buffers()), None)
    return torch.device("cpu") if tensor is None else tensor.device


def take_snapshot(
    model: Module,
    optimizer: Optimizer,
    criterion: Callable[..., Any] | None,
    scaler: GradScaler | None,
    loaders: Iterable[Iterable[Any]],
    device: torch.device,
    directory: str | os.PathLike[str] | None,
) -> Snapshot:
    """Save all that updates of `model` on `device`, and the reading of `loaders`, change; in `directory` if not None.

    Raises:
        OSError: When no file can be written in `directory`.
    """
    if device.type == "cuda":
        # Else the sweep would start CUDA's generators, too late for their states to be saved.
        torch.cuda.init()
    modules = [module for module in (model, criterion) if isinstance(module, Module)]
    drawn = chain.from_iterable(map(generators, loaders))
    return Snapshot(modules, [optimizer], drawn, [] if scaler is None else [scaler], directory)


def prepare(model: Module, optimizer: Optimizer, device: torch.device) -> None:
    """Move both to `device`, and put the model into training mode if it is in evaluation mode."""
    if device != device_of(model):
        model.to(device)
        optimizer.load_state_dict(optimizer.state_dict())  # moves the state to the parameters' device
    if not model.training:
        model.train()


class LRFinder:
    """Trains with a rising learning rate, records the losses and puts everything back.

    Afterwards, also after an exception or Ctrl-C, parameters, buffers, training flags, gradients, optimizer state and
    groups, the gradient scaler, the random generators of Python, NumPy and torch and those of the data loaders are what
    they were: training goes on as if the finder had not been run. A scheduler may be attached to the optimizer, and the
    finder may be run in the middle of a training, and again.

    Args:
        model: Put into training mode for the sweep if it is in evaluation mode; otherwise each of its modules stays in
            the mode it is in, so that frozen BatchNorm layers stay frozen.
        optimizer: Of the parameters of `model`.
        criterion: The loss as a function of the model's output and the targets. None: the model is called with all that
            is in a batch, and its output is the loss, or has it as `loss`, under "loss" or as its first item.
        device: Where to run, None for the device of the model's parameters.
        memory_cache: Whether the values to put back are kept in CPU memory, otherwise in a temporary file.
        cache_dir: Folder of that file, None for the system's.
        amp_backend: "torch" to compute the losses under `torch.autocast`.
        amp_config: Arguments of `torch.autocast`; its device_type is that of the device unless given.
        grad_scaler: Scales the losses; an update that it skips is not counted.

    Raises:
        ValueError: When the optimizer needs a closure, `cache_dir` is no folder or `amp_backend` is another one.
        TypeError: When `optimizer` has no param_groups, or `torch.autocast` does not know an argument.

    Source: the package torch-lr-finder, whose names and meanings these are. Differences: everything is put back without
    `reset`; a loss that is not finite stops the test; the smoothed loss has its bias towards the first loss corrected;
    `plot` suggests lrcore's own reading.

    Example:
        >>> from lrcore.torch import SGD
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Linear(4, 1)
        >>> batches = [(torch.randn(8, 4), torch.randn(8, 1)) for _ in range(3)]
        >>> finder = LRFinder(model, SGD(model.parameters(), lr=0.01), torch.nn.functional.mse_loss)
        >>> result = finder.range_test(batches, start_lr=1e-4, end_lr=1e-1, num_iter=50, progress=False)
        >>> result.stop_reason.name, len(result.lrs), float(result.lrs[0]), float(result.lrs[-1])
        ('finished', 50, 0.0001, 0.1)
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        criterion: Criterion | None = None,
        device: torch.device | str | None = None,
        memory_cache: bool = True,
        cache_dir: str | os.PathLike[str] | None = None,
        amp_backend: str | None = None,
        amp_config: Mapping[str, Any] | None = None,
        grad_scaler: GradScaler | None = None,
    ) -> None:
        param_groups(optimizer)
        check_needs_no_closure(optimizer)
        self.model = model
        self.optimizer = optimizer
        self.criterion = criterion
        self.device = None if device is None else torch.device(device)
        self.amp_backend = amp_backend
        self.amp_config = amp_config
        self.grad_scaler = grad_scaler
        self.result: RangeTestResult | None = None
        self._directory = None if memory_cache else _folder(cache_dir)
        self._snapshot: Snapshot | None = None
        self._autocast()

    def range_test(
        self,
        train_loader: Iterable[Any],
        val_loader: Iterable[Any] | None = None,
        start_lr: float | Sequence[float] | None = None,
        end_lr: float | Sequence[float] = 10,
        num_iter: int = 100,
        step_mode: str = "exp",
        smooth_f: float = 0.05,
        diverge_th: float = 5,
        accumulation_steps: int = 1,
        non_blocking_transfer: bool = True,
        *,
        val_batches: int | None = None,
        metric: Metric | None = None,
        batches_per_lr: int = 1,
        repeats: int = 1,
        align: str = "used",
        min_iter: int = 0,
        progress: bool = True,
    ) -> RangeTestResult:
        """Train with each of `num_iter` learning rates and record the losses.

            lr_i = start_lr * (end_lr / start_lr)^(i / (num_iter - 1)),  i = 0 ... num_iter - 1

        Under `torch.distributed` all ranks call this together: each records the mean of their losses, and all stop at
        the same update.

        Args:
            train_loader: Any iterable of batches, read again when it is exhausted: (inputs, targets), or mappings with
                the targets under "labels", "label", "targets" or "target". For others see `TrainDataLoaderIter`.
            val_loader: Batches of the same kinds, whose loss after each update is recorded instead of the training
                loss; None: no validation.
            start_lr: The first learning rate of every param group; a list or tuple: of each its own; None: that which
                each has now.
            end_lr: The last learning rate, likewise.
            num_iter: Number of points, at least 2.
            step_mode: "exp", or "linear": lr_i = start_lr + (end_lr - start_lr) * i / (num_iter - 1).
            smooth_f: Weight of the newest loss in the smoothed one, in [0, 1]; 0 leaves the losses as they are.
            diverge_th: Stop when the smoothed loss exceeds this multiple of the best, greater than 1.
            accumulation_steps: Batches of one update, on whose mean loss over the samples it is done.
            non_blocking_transfer: Whether batches in pinned memory may be moved to the device during the computation.
            val_batches: How many batches of `val_loader` to use, always the first; None: all.
            metric: A number as a function of the model's output and the targets, recorded besides: of the validation
                batches, or of the training batches where there is no validation.
            batches_per_lr: Updates with each learning rate, whose mean loss is recorded.
            repeats: How many times to do the test from the same state, on other batches; the result is the mean curve.
            align: "used": a learning rate goes with the loss of its update, which is computed before the update;
                "effect": with the loss of the next one.
            min_iter: Points before which no loss stops the test, unless it is not finite.
            progress: Whether to show a progress bar, where tqdm is installed.

        Raises:
            ValueError: For values outside these ranges, an empty loader, or batches of another kind.
            TypeError: For arguments, losses or metrics of the wrong type.

        Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section 3.3.
        """
        tests = range_tests(
            self.optimizer,
            start_lr,
            end_lr,
            num_iter,
            smooth_f,
            diverge_th,
            repeats,
            step_mode=step_mode,
            batches_per_lr=batches_per_lr,
            align=align,
            min_iter=min_iter,
        )
        as_positive_int("accumulation_steps", accumulation_steps)
        loader, read = unwrapped("train_loader", train_loader)
        losses = partial(
            LossFunction,
            self.model,
            self.criterion,
            device=self._device(),
            autocast=self._autocast(),
            non_blocking=non_blocking_transfer,
        )
        validation = self._validation(val_loader, val_batches, align, losses(metric))
        update = Update(losses(None if validation else metric), read, self.optimizer, self.grad_scaler)
        step = ValidatedUpdate(update, validation) if validation else update
        loaders = [loader, validation.loader] if validation else [loader]
        return self._run(tests, loaders, step, accumulation_steps, progress)

    @property
    def history(self) -> dict[str, list[float]]:
        """The learning rates and the smoothed losses of the last `range_test`, under "lr" and "loss"."""
        if self.result is None:
            return {"lr": [], "loss": []}
        return {"lr": self.result.lrs.tolist(), "loss": self.result.smoothed_losses.tolist()}

    @property
    def best_loss(self) -> float | None:
        """The lowest smoothed loss of the last `range_test`, None where there is none."""
        return min(filter(math.isfinite, self.history["loss"]), default=None)

    def reset(self) -> None:
        """Put the model, the optimizer and the scaler back to what they were when the last `range_test` began.

        That test has done so itself: this undoes what has happened since. Before the first test, nothing.
        """
        if self._snapshot is not None:
            self._snapshot.restore(random_state=False)

    def plot(
        self,
        skip_start: int = 10,
        skip_end: int = 5,
        log_lr: bool = True,
        show_lr: float | None = None,
        ax: Axes | None = None,
        suggest_lr: bool = True,
    ) -> Axes | tuple[Axes, float | None]:
        """Draw the smoothed loss over the learning rate of the last `range_test`.

        Args:
            skip_start: Points to leave out at the beginning; fewer, where less than ten would remain.
            skip_end: Points to leave out at the end, likewise.
            log_lr: Whether the axis of the learning rate is logarithmic.
            show_lr: A learning rate to mark with a line.
            ax: Where to draw. None: a new figure, in a window where matplotlib's backend has windows.
            suggest_lr: Whether to mark and return the learning rate of `RangeTestResult.suggestion`, which is read from
                the whole curve: lrcore's own reading, not the steepest gradient between neighbours.

        Returns:
            The axes; with `suggest_lr` the axes and the suggested learning rate, which is None where there is none.

        Raises:
            RuntimeError: When there was no test.
            ValueError: When a number of points is negative or `show_lr` is not greater than 0.
            ImportError: When matplotlib is not installed.
        """
        if self.result is None:
            raise RuntimeError("there is nothing to plot before range_test has been run")
        found = self.result.suggestion() if suggest_lr else None
        drawn = plot_finder(
            self.result, skip_start=skip_start, skip_end=skip_end, log_lr=log_lr, show_lr=show_lr, ax=ax, found=found
        )
        return drawn if found is None else (drawn, found.lr)

    def _validation(
        self, val_loader: Iterable[Any] | None, val_batches: int | None, align: str, loss_function: LossFunction
    ) -> Validation | None:
        if val_loader is None:
            if val_batches is not None:
                raise ValueError(f"val_batches must be None without a val_loader, but got {val_batches}")
            return None
        if align == "effect":
            raise ValueError("align must be 'used' with a val_loader, whose loss shows the effect, but got 'effect'")
        if val_batches is not None:
            as_positive_int("val_batches", val_batches)
        loader, read = unwrapped("val_loader", val_loader)
        return Validation(self.model, loss_function, loader, read, val_batches)

    def _run(
        self,
        tests: Sequence[RangeTest],
        loaders: Sequence[Iterable[Any]],
        step: Step,
        batches_per_update: int,
        progress: bool,
    ) -> RangeTestResult:
        self.result = None
        device, optimizer = self._device(), self.optimizer
        self._snapshot = snapshot = take_snapshot(
            self.model, optimizer, self.criterion, self.grad_scaler, loaders, device, self._directory
        )
        try:
            prepare(self.model, optimizer, device)
            self.result = run_range_tests(
                tests, [optimizer], loaders[0], step, snapshot, batches_per_update=batches_per_update, progress=progress
            )
        except KeyboardInterrupt:
            if tests[0].stop_reason is not None:
                self.result = combined_result(tests)
            raise
        finally:
            snapshot.restore()
        return self.result

    def _autocast(self) -> Callable[[], AbstractContextManager[Any]]:
        return autocast(self.amp_backend, self.amp_config, self._device())

    def _device(self) -> torch.device:
        return device_of(self.model) if self.device is None else self.device


def _folder(cache_dir: str | os.PathLike[str] | None) -> Path:
    folder = Path(tempfile.gettempdir() if cache_dir is None else cache_dir)
    if not folder.is_dir():
        raise ValueError(f"cache_dir must be an existing folder, but got {str(folder)!r}")
    return folder
