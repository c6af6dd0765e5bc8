"""The learning-rate range test as an engine that any training loop can drive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import lrcore._core as _core
from lrcore._core import StopReason, Verdict
from lrcore._validation import as_float, as_int, as_str, as_tuple_of
from lrcore.range_test._result import RangeTestResult

__all__ = ["RangeTest", "StopReason"]


class RangeTest:
    """Says which learning rate the next update must use, takes that update's loss, and decides when to stop.

    lr_i = start_lr * (end_lr / start_lr)^x  (exp) or start_lr + (end_lr - start_lr) * x  (linear),
    x = i / (num_iter - 1),  i = 0 ... num_iter - 1, both ends exact

    loss_i = mean of the losses of updates i*k + a ... i*k + k - 1 + a,  k = batches_per_lr,  a = 0 (used) or 1 (effect)

    Update u uses lr_(u // k). With align="effect" a learning rate goes with the loss of the update after it, as the
    loss of an update is taken before the weights change; one more update, with end_lr, closes the last point.

    The test stops when all updates are done (finished), when the smoothed loss of a point diverges (diverged), at a
    loss that is NaN or infinite (nonfinite), or when it is told to. A point that has begun is then the mean of what
    there is.

    Args:
        start_lr: First learning rate, finite and greater than 0; or a sequence with one for each parameter group.
        end_lr: Last learning rate, greater than start_lr; or a sequence.
        num_iter: Number of points, at least 2.
        beta: Weight of the past in the smoothed loss, at least 0 and less than 1.
        divergence_factor: How many times the best smoothed loss is too much, greater than 1.
        step_mode: "exp" or "linear".
        batches_per_lr: Number of updates with each learning rate, at least 1.
        align: "used" or "effect".
        min_iter: Number of points without which the test does not end as diverged, not negative.

    Raises:
        ValueError: When an argument is out of range, or the two sequences differ in length.
        TypeError: When an argument is of the wrong type.

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section 3.3; the guide's
    LR_Finder.

    Example:
        >>> range_test = RangeTest(start_lr=0.25, end_lr=4.0, num_iter=3)
        >>> while range_test.stop_reason is None:
        ...     verdict = range_test.record(1.0 / range_test.lr)  # an update with that lr would give this loss
        >>> range_test.lrs.tolist(), range_test.losses.tolist(), range_test.stop_reason.name
        ([0.25, 1.0, 4.0], [4.0, 1.0, 0.25], 'finished')
        >>> RangeTest(start_lr=[0.1, 0.01], end_lr=1.0).group_lrs
        (0.1, 0.01)
    """

    def __init__(
        self,
        start_lr: float | Sequence[float] = 1e-5,
        end_lr: float | Sequence[float] = 10.0,
        num_iter: int = 100,
        beta: float = 0.98,
        divergence_factor: float = 4.0,
        *,
        step_mode: str = "exp",
        batches_per_lr: int = 1,
        align: str = "used",
        min_iter: int = 0,
    ) -> None:
        self._arguments: dict[str, Any] = {
            "start_lr": _one_or_several("start_lr", start_lr),
            "end_lr": _one_or_several("end_lr", end_lr),
            "num_iter": as_int("num_iter", num_iter),
            "beta": as_float("beta", beta),
            "divergence_factor": as_float("divergence_factor", divergence_factor),
            "step_mode": as_str("step_mode", step_mode),
            "batches_per_lr": as_int("batches_per_lr", batches_per_lr),
            "align": as_str("align", align),
            "min_iter": as_int("min_iter", min_iter),
        }
        starts, ends = _per_group(self._arguments["start_lr"], self._arguments["end_lr"])
        self._core_test = _core.RangeTest(**{**self._arguments, "start_lr": starts, "end_lr": ends})

    def __repr__(self) -> str:
        return f"RangeTest({', '.join(f'{name}={value!r}' for name, value in self._arguments.items())})"

    @property
    def num_iter(self) -> int:
        """Number of points of a whole test."""
        return self._core_test.num_iter

    @property
    def num_updates(self) -> int:
        """Number of updates of a whole test."""
        return self._core_test.num_updates

    @property
    def updates_done(self) -> int:
        """Number of updates recorded so far."""
        return self._core_test.updates_done

    @property
    def lr(self) -> float:
        """The first group's learning rate for the next update; RuntimeError when the test has stopped."""
        return self._core_test.lr

    @property
    def group_lrs(self) -> tuple[float, ...]:
        """Each group's learning rate for the next update; RuntimeError when the test has stopped."""
        return tuple(self._core_test.group_lrs)

    @property
    def stop_reason(self) -> StopReason | None:
        """Why the test has stopped, None while it has not."""
        return self._core_test.stop_reason

    @property
    def lrs(self) -> npt.NDArray[np.float64]:
        """The first group's learning rate at each point so far, shape (n,)."""
        return self.recorded_group_lrs[:, 0].copy()

    @property
    def recorded_group_lrs(self) -> npt.NDArray[np.float64]:
        """Each group's learning rate at each point so far, shape (n, groups)."""
        return self._core_test.recorded_group_lrs

    @property
    def losses(self) -> npt.NDArray[np.float64]:
        """The raw loss of each point, shape (n,)."""
        return self._core_test.losses

    @property
    def smoothed_losses(self) -> npt.NDArray[np.float64]:
        """The smoothed loss after each point, shape (n,); a loss that is not finite stands for itself."""
        return self._core_test.smoothed_losses

    @property
    def training_losses(self) -> npt.NDArray[np.float64] | None:
        """The training loss of each point, shape (n,); None if none was given."""
        return self._core_test.training_losses

    @property
    def metrics(self) -> npt.NDArray[np.float64] | None:
        """The metric of each point, shape (n,); None if none was given."""
        return self._core_test.metrics

    def record(self, loss: float, *, training_loss: float | None = None, metric: float | None = None) -> Verdict:
        """Take the loss of the update that used `group_lrs`, and move on.

        Args:
            loss: What is judged: the training loss, or the validation loss where there is one.
            training_loss: The training loss beside a validation loss; with every loss or with none. Not with
                align="effect", as the validation loss is measured after the update already.
            metric: Any other number, such as an accuracy; with every loss or with none.

        Returns:
            The verdict on the point that this loss completes; Verdict.ok if it completes none and is finite.

        Raises:
            ValueError: When `training_loss` or `metric` is given for some losses only; nothing is recorded then.
            RuntimeError: When the test has stopped.
        """
        return self._core_test.record(
            as_float("loss", loss),
            training_loss=None if training_loss is None else as_float("training_loss", training_loss),
            metric=None if metric is None else as_float("metric", metric),
        )

    def stop(self, reason: StopReason) -> None:
        """End the test from outside; a test that has stopped keeps its reason.

        Args:
            reason: StopReason.data_exhausted, StopReason.interrupted, or StopReason.nonfinite where gradients never
                become finite.

        Raises:
            ValueError: When `reason` is one that the test finds by itself.
            TypeError: When `reason` is not a StopReason.
        """
        if not isinstance(reason, StopReason):
            raise TypeError(f"reason must be a StopReason, but got {reason!r}")
        self._core_test.stop(reason)

    def result(self) -> RangeTestResult:
        """The recorded curve.

        Raises:
            RuntimeError: When the test has not stopped.
        """
        if self.stop_reason is None:
            progress = f"{self.updates_done} of {self.num_updates} updates are done"
            raise RuntimeError(f"the range test has not stopped: {progress}")
        group_lrs = self.recorded_group_lrs
        return RangeTestResult(
            group_lrs[:, 0],
            self.losses,
            self.smoothed_losses,
            self.stop_reason,
            group_lrs=group_lrs if group_lrs.shape[1] > 1 else None,
            training_losses=self.training_losses,
            metrics=self.metrics,
        )

    def state_dict(self) -> dict[str, Any]:
        """The state in JSON types."""
        return self._core_test.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`, saved by a test with the same arguments.

        Raises:
            ValueError: When `state` is of another version or shape; nothing is changed then.
        """
        self._core_test.load_state_dict(state)


def _one_or_several(name: str, lr: Any) -> float | tuple[float, ...]:
    return (
        as_tuple_of(as_float, name, lr) if isinstance(lr, Iterable) and not isinstance(lr, str) else as_float(name, lr)
    )


def _per_group(*ends: float | tuple[float, ...]) -> list[tuple[float, ...]]:
    """A plain float is that of every group."""
    num_groups = max(len(lrs) if isinstance(lrs, tuple) else 1 for lrs in ends)
    return [lrs if isinstance(lrs, tuple) else (lrs,) * num_groups for lrs in ends]
