"""When a metric has stopped getting better."""

from __future__ import annotations

from typing import Any

from lrcore import _core
from lrcore._arguments import count, real, text


class Plateau:
    """Says when to reduce the learning rate: once the metric has not got better for more than `patience` updates.

    A metric a is better than the best one so far when (mode "min"; "max" is its mirror image)

        a < best - threshold * |best|  (threshold_mode "rel")    a < best - threshold  ("abs")

    NaN is never better. During the `cooldown` updates after a reduction no update counts as bad.

    Args:
        mode: "min" for a metric that should fall, "max" for one that should rise.
        factor: What to multiply the learning rate by, greater than 0 and less than 1.
        patience: Updates in a row without improvement that are put up with, at least 0.
        threshold: How much better a metric must be, not negative.
        threshold_mode: "rel" or "abs".
        cooldown: Updates after a reduction in which nothing is counted, at least 0.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: torch.optim.lr_scheduler.ReduceLROnPlateau, with |best| where PyTorch has best, which is wrong for negative
    metrics.

    Example:
        >>> plateau = Plateau(factor=0.5, patience=1)
        >>> [plateau.update(loss) for loss in (3.0, 2.0, 2.0, 2.0)]
        [False, False, False, True]
        >>> plateau.reduced(0.5, min_lr=0.0)
        0.25
    """

    def __init__(
        self,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
    ) -> None:
        self._arguments: dict[str, Any] = {
            "mode": text("mode", mode),
            "factor": real("factor", factor),
            "patience": count("patience", patience),
            "threshold": real("threshold", threshold),
            "threshold_mode": text("threshold_mode", threshold_mode),
            "cooldown": count("cooldown", cooldown),
        }
        self._core_plateau = _core.Plateau(**self._arguments)

    def __repr__(self) -> str:
        return f"Plateau({', '.join(f'{name}={value!r}' for name, value in self._arguments.items())})"

    @property
    def best(self) -> float | None:
        """The best metric so far, None before the first."""
        return self._core_plateau.best

    @property
    def num_bad(self) -> int:
        """How many metrics in a row were not better."""
        return self._core_plateau.num_bad

    @property
    def cooldown_left(self) -> int:
        """How many more updates are not counted."""
        return self._core_plateau.cooldown_left

    def update(self, metric: float) -> bool:
        """Take the next metric; True when the learning rate is to be reduced now."""
        return self._core_plateau.update(real("metric", metric))

    def reduced(self, lr: float, min_lr: float) -> float:
        """The reduced learning rate: max(lr * factor, min_lr), and never more than lr.

        Raises:
            ValueError: When `lr` or `min_lr` is negative or not finite.
        """
        return self._core_plateau.reduced(real("lr", lr), real("min_lr", min_lr))

    def state_dict(self) -> dict[str, Any]:
        """The state in JSON types."""
        return self._core_plateau.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`.

        Raises:
            ValueError: When `state` is of another version or shape; nothing is changed then.
        """
        self._core_plateau.load_state_dict(state)
