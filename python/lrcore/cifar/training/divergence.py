"""Detection of divergence in a training run, and its end or rollback."""

from __future__ import annotations

import math
from typing import Any

from lrcore.cifar.training.trainer import Update
from lrcore.divergence import DivergenceDetector, Verdict
from lrcore.smoothing import ExponentialMovingAverage

FACTOR = 4.0
WRONG = {
    Verdict.nonfinite: "loss is not a finite number",
    Verdict.diverged: f"loss rose above {FACTOR:g} times its best",
}
BETA = 0.9  # a mean over about ten updates: one hard batch is no divergence


class Diverged(ArithmeticError):
    """The loss of a training run is not finite, or has risen far above what it was.

    Args:
        step: The update at which it was noticed.
        lr: Its learning rate.
        loss: The loss that is wrong.
        what: What is wrong with it, a phrase.
    """

    def __init__(self, step: int, lr: float, loss: float, what: str) -> None:
        super().__init__(f"training diverged at update {step}: the {what} ({loss:.4g} at lr {lr:.3g})")
        self.step = step


class DivergenceGuard:
    """Raises `Diverged` when a loss is NaN or infinite, or its smoothed value jumps.

        m_t = ExponentialMovingAverage(beta=0.9) of the losses
        diverged: m_t > 4 * max(best m so far, m_1 / 4)

    So a loss must exceed that of the untrained model as well: at a warm restart a small loss may well grow fourfold.

    Example:
        >>> from lrcore.cifar.training.trainer import Update
        >>> guard = DivergenceGuard()
        >>> guard.check(Update(0, 0.1, 0.1, 2.3, 0, 1))
        >>> guard.check(Update(1, 0.1, 0.1, float("nan"), 0, 1))
        Traceback (most recent call last):
            ...
        lrcore.cifar.training.divergence.Diverged: training diverged at update 1: the loss is not a finite number \
(nan at lr 0.1)
    """

    def __init__(self) -> None:
        self._average = ExponentialMovingAverage(BETA)
        self._detector = DivergenceDetector(FACTOR)
        self._floor: float | None = None

    def check(self, update: Update) -> None:
        """Judge the loss of one more update."""
        smoothed = self._average.update(update.loss)
        if self._floor is None:
            self._floor = smoothed / FACTOR
        judged = max(smoothed, self._floor) if math.isfinite(smoothed) else smoothed
        verdict = self._detector.update(judged)
        if verdict is not Verdict.ok:
            raise Diverged(update.step, update.lr, update.loss, WRONG[verdict])

    def check_validation(self, step: int, lr: float, loss: float) -> None:
        """Judge the validation loss after update `step`, which no loss of a later update may get to show."""
        if not math.isfinite(loss):
            raise Diverged(step, lr, loss, "validation loss is not a finite number")

    def state_dict(self) -> dict[str, Any]:
        """The detector's state, in JSON types."""
        return {
            "floor": self._floor,
            "average": self._average.state_dict(),
            "detector": self._detector.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self._average.load_state_dict(state["average"])
        self._detector.load_state_dict(state["detector"])
        self._floor = state["floor"]
