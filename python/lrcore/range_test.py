"""The learning-rate range test, driven by any training loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lrcore import _core
from lrcore._arguments import count, real
from lrcore._core import StopReason, Verdict
from lrcore.range_test_result import RangeTestResult

__all__ = ["RangeTest", "StopReason"]


class RangeTest:
    """Says which learning rate the next update must use, takes that update's loss, and decides when to stop.

    lr_i = start_lr * (end_lr / start_lr)^(i / (num_iter - 1)),  i = 0 ... num_iter - 1, both ends exact

    The test stops after num_iter updates (finished), when the smoothed loss diverges (diverged), at a loss that is NaN
    or infinite (nonfinite), or when it is told to.

    Args:
        start_lr: First learning rate, finite and greater than 0.
        end_lr: Last learning rate, greater than start_lr.
        num_iter: Number of updates, at least 2.
        beta: Weight of the past in the smoothed loss, at least 0 and less than 1.
        divergence_factor: How many times the best smoothed loss is too much, greater than 1.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section 3.3; the guide's
    LR_Finder.

    Example:
        >>> range_test = RangeTest(start_lr=0.25, end_lr=4.0, num_iter=3)
        >>> while range_test.stop_reason is None:
        ...     verdict = range_test.record(1.0 / range_test.lr)  # an update with that lr would give this loss
        >>> range_test.lrs.tolist(), range_test.losses.tolist(), range_test.stop_reason.name
        ([0.25, 1.0, 4.0], [4.0, 1.0, 0.25], 'finished')
    """

    def __init__(
        self,
        start_lr: float = 1e-5,
        end_lr: float = 10.0,
        num_iter: int = 100,
        beta: float = 0.98,
        divergence_factor: float = 4.0,
    ) -> None:
        self._arguments: dict[str, Any] = {
            "start_lr": real("start_lr", start_lr),
            "end_lr": real("end_lr", end_lr),
            "num_iter": count("num_iter", num_iter),
            "beta": real("beta", beta),
            "divergence_factor": real("divergence_factor", divergence_factor),
        }
        self._core_test = _core.RangeTest(**self._arguments)

    def __repr__(self) -> str:
        return f"RangeTest({', '.join(f'{name}={value!r}' for name, value in self._arguments.items())})"

    @property
    def num_iter(self) -> int:
        """Number of updates of a whole test."""
        return self._core_test.num_iter

    @property
    def lr(self) -> float:
        """The learning rate that the next update must use; RuntimeError when the test has stopped."""
        return self._core_test.lr

    @property
    def stop_reason(self) -> StopReason | None:
        """Why the test has stopped, None while it has not."""
        return self._core_test.stop_reason

    @property
    def lrs(self) -> npt.NDArray[np.float64]:
        """The learning rates used so far."""
        return self._core_test.lrs

    @property
    def losses(self) -> npt.NDArray[np.float64]:
        """The raw loss of each update."""
        return self._core_test.losses

    @property
    def smoothed_losses(self) -> npt.NDArray[np.float64]:
        """The smoothed loss after each update; a loss that is not finite stands for itself."""
        return self._core_test.smoothed_losses

    def record(self, loss: float) -> Verdict:
        """Take the loss of the update that used `lr`, and move on.

        Raises:
            RuntimeError: When the test has stopped.
        """
        return self._core_test.record(real("loss", loss))

    def stop(self, reason: StopReason) -> None:
        """End the test from outside; a test that has stopped keeps its reason.

        Args:
            reason: StopReason.data_exhausted or StopReason.interrupted.

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
            raise RuntimeError(f"the range test has not stopped: {len(self.lrs)} of {self.num_iter} updates are done")
        return RangeTestResult(self.lrs, self.losses, self.smoothed_losses, self.stop_reason)

    def state_dict(self) -> dict[str, Any]:
        """The state in JSON types."""
        return self._core_test.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`, saved by a test with the same arguments.

        Raises:
            ValueError: When `state` is of another version or shape; nothing is changed then.
        """
        self._core_test.load_state_dict(state)
