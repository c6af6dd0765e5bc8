"""The learning-rate range test for a torch model, which leaves no trace on what it is run on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from math import inf
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from lrcore._arguments import real
from lrcore.range_test import RangeTest, StopReason
from lrcore.range_test_result import RangeTestResult
from lrcore.torch.batches import generators, repeated
from lrcore.torch.param_groups import param_groups
from lrcore.torch.snapshot import Snapshot
from lrcore.torch.sweep import sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class LRFinder:
    """Trains with an exponentially rising learning rate, records the losses and puts everything back.

    Afterwards, also after an exception or Ctrl-C, parameters, buffers, training flags, gradients, optimizer state and
    groups, the random generators of Python, NumPy and torch and those of the data loader are what they were: training
    goes on as if the finder had not been run. The copies for that are kept in CPU memory.

    Args:
        model: Put into training mode for the sweep if it is in evaluation mode; otherwise each of its modules stays in
            the mode it is in, so that frozen BatchNorm layers stay frozen.
        optimizer: Of the parameters of `model`; all of its groups get the same learning rate during the sweep.
        criterion: The loss as a function of the model's output and the targets.
        device: Where to run, None for the device of the model's parameters.

    Example:
        >>> from lrcore.torch import SGD
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Linear(4, 1)
        >>> batches = [(torch.randn(8, 4), torch.randn(8, 1)) for _ in range(3)]
        >>> finder = LRFinder(model, SGD(model.parameters(), lr=0.01), torch.nn.functional.mse_loss)
        >>> result = finder.range_test(batches, start_lr=1e-4, end_lr=1e-1, num_iter=50)
        >>> result.stop_reason.name, len(result.lrs), float(result.lrs[0]), float(result.lrs[-1])
        ('finished', 50, 0.0001, 0.1)
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        criterion: Callable[[Any, Any], Tensor],
        device: torch.device | str | None = None,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.criterion = criterion
        self.device = None if device is None else torch.device(device)
        self.result: RangeTestResult | None = None

    def range_test(
        self,
        train_loader: Iterable[Any],
        start_lr: float | None = None,
        end_lr: float = 10.0,
        num_iter: int = 100,
        smooth_f: float = 0.05,
        diverge_th: float = 5.0,
    ) -> RangeTestResult:
        """Do one update for each of `num_iter` learning rates, evenly spaced in their logarithm.

        Args:
            train_loader: Yields (inputs, targets) pairs; read again from its beginning when it is exhausted.
            start_lr: The first learning rate, None for that of the optimizer's first group.
            end_lr: The last learning rate.
            num_iter: Number of updates, at least 2.
            smooth_f: Weight of the newest loss in the smoothed one, in [0, 1]; 0 leaves the losses as they are.
            diverge_th: Stop when the smoothed loss exceeds this multiple of the best.

        Raises:
            ValueError: For values outside these ranges, an empty loader, or batches that are not pairs.
        """
        self.result = None
        start_lr = float(param_groups(self.optimizer)[0]["lr"]) if start_lr is None else start_lr
        return self._run(RangeTest(start_lr, end_lr, num_iter, _beta(smooth_f), _factor(diverge_th)), train_loader)

    @property
    def history(self) -> dict[str, list[float]]:
        """The learning rates and the smoothed losses of the last `range_test`, under "lr" and "loss"."""
        if self.result is None:
            return {"lr": [], "loss": []}
        return {"lr": self.result.lrs.tolist(), "loss": self.result.smoothed_losses.tolist()}

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the loss over the learning rate of the last `range_test`.

        Raises:
            RuntimeError: When there was none.
        """
        if self.result is None:
            raise RuntimeError("there is nothing to plot before range_test has been run")
        return self.result.plot(ax)

    def _run(self, range_test: RangeTest, train_loader: Iterable[Any]) -> RangeTestResult:
        snapshot = self._snapshot(train_loader)
        try:
            self._prepare()
            with closing(repeated(train_loader)) as batches:
                sweep(range_test, self.optimizer, batches, self._training_step)
        except KeyboardInterrupt:
            range_test.stop(StopReason.interrupted)
            self.result = range_test.result()
            raise
        finally:
            snapshot.restore()
        self.result = range_test.result()
        return self.result

    def _snapshot(self, train_loader: Iterable[Any]) -> Snapshot:
        if self.device is not None and self.device.type == "cuda":
            # Else the sweep would start CUDA's generators, too late for their states to be saved.
            torch.cuda.init()
        modules = [module for module in (self.model, self.criterion) if isinstance(module, Module)]
        return Snapshot(modules, self.optimizer, generators(train_loader))

    def _prepare(self) -> None:
        if self.device is not None and self.device != self._model_device():
            self.model.to(self.device)
            self.optimizer.load_state_dict(self.optimizer.state_dict())  # moves the state to the parameters' device
        if not self.model.training:
            self.model.train()

    def _training_step(self, batch: Any) -> float:
        inputs, targets = _pair(batch)
        device = self._model_device()
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(inputs.to(device)), targets.to(device))
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def _model_device(self) -> torch.device:
        return next(self.model.parameters()).device


def _beta(smooth_f: float) -> float:
    if not 0 <= real("smooth_f", smooth_f) <= 1:
        raise ValueError(f"smooth_f must be between 0 and 1, but got {smooth_f}")
    return 1 - smooth_f if smooth_f else 0.0


def _factor(diverge_th: float) -> float:
    if not 1 < real("diverge_th", diverge_th) < inf:
        raise ValueError(f"diverge_th must be finite and greater than 1, but got {diverge_th}")
    return diverge_th


def _pair(batch: Any) -> tuple[Tensor, Tensor]:
    if not (isinstance(batch, (tuple, list)) and len(batch) == 2):
        raise ValueError(f"train_loader must yield (inputs, targets) pairs, but got a {_description(batch)}")
    inputs, targets = batch
    return inputs, targets


def _description(batch: Any) -> str:
    kind = type(batch).__name__
    return f"{kind} of {len(batch)}" if isinstance(batch, (tuple, list)) else kind
