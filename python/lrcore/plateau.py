"""Reduction of the learning rate when a metric stops improving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import lrcore._core as _core
from lrcore._validation import as_float, as_int, as_mapping, as_str, as_tuple_of


@dataclass(frozen=True)
class Reduction:
    """A fall of the learning rate, and why it came.

    Attributes:
        step: Index, from 0, of the metric that led to it.
        metric: That metric.
        best: The best metric until then; None if none was finite.
        old_lrs: The learning rates before, one for each param group.
        new_lrs: The learning rates after.
        why: The reason, in one sentence.

    Example:
        >>> from lrcore import Plateau
        >>> Plateau(factor=0.5, patience=0).update(float("nan"), lr=0.5)
        Reduction(step=0, metric=nan, best=None, old_lrs=(0.5,), new_lrs=(0.25,), why='the metric nan was not finite')
    """

    step: int
    metric: float
    best: float | None
    old_lrs: tuple[float, ...]
    new_lrs: tuple[float, ...]
    why: str


class Plateau:
    """Reduces learning rates once a metric has not got better for more than `patience` updates.

        lr <- max(lr * factor, min_lr), and never more than lr

    A metric a is better than the best one so far when (mode "min"; "max" is its mirror image)

        a < best - threshold * |best|  (threshold_mode "rel")    a < best - threshold  ("abs")

    NaN and infinity are never better, and so never the best.

    Args:
        mode: "min" for a metric that should fall, "max" for one that should rise.
        factor: What to multiply the learning rate by, greater than 0 and less than 1.
        patience: Updates in a row without improvement that are put up with, at least 0.
        threshold: How much better a metric must be, not negative.
        threshold_mode: "rel" or "abs".
        cooldown: Updates after a reduction in which nothing is counted, at least 0.
        compat: Whose way of counting. "torch": as above; where nothing can be reduced any more, counting restarts
            all the same. "keras": the `patience`-th bad update reduces (0 acts as 1), the update of a reduction is the
            first of its cooldown (1 acts as 0), and where nothing can be reduced bad updates are still counted.
        nan: What a metric of NaN or infinity does: "bad" counts it as one without improvement, "ignore" leaves all as
            it was, "raise" is a ValueError.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: torch.optim.lr_scheduler.ReduceLROnPlateau, with |best| where PyTorch has best, which is wrong for negative
    metrics; keras.callbacks.ReduceLROnPlateau.

    Example:
        >>> plateau = Plateau(factor=0.5, patience=1)
        >>> lr = 0.5
        >>> for loss in (3.0, 2.0, 2.0, 2.0):
        ...     reduction = plateau.update(loss, lr)
        >>> reduction.step, reduction.old_lrs, reduction.new_lrs
        (3, (0.5,), (0.25,))
        >>> reduction.why
        '2 metrics in a row, the last 2.0, were not better than the best 2.0 by the threshold 0.0001 (rel)'
    """

    def __init__(
        self,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        *,
        compat: str = "torch",
        nan: str = "bad",
    ) -> None:
        self._arguments: dict[str, Any] = {
            "mode": as_str("mode", mode),
            "factor": as_float("factor", factor),
            "patience": as_int("patience", patience),
            "threshold": as_float("threshold", threshold),
            "threshold_mode": as_str("threshold_mode", threshold_mode),
            "cooldown": as_int("cooldown", cooldown),
            "compat": as_str("compat", compat),
            "nan": as_str("nan", nan),
        }
        self.reset()

    def __repr__(self) -> str:
        return f"Plateau({', '.join(f'{name}={value!r}' for name, value in self._arguments.items())})"

    def __getstate__(self) -> dict[str, Any]:
        return {"arguments": self._arguments, "state": self.state_dict()}

    def __setstate__(self, content: dict[str, Any]) -> None:
        self._arguments = content["arguments"]
        self.reset()
        self.load_state_dict(content["state"])

    @property
    def best(self) -> float | None:
        """The best metric so far, None before the first finite one."""
        return self._core_plateau.best

    @property
    def num_bad(self) -> int:
        """Number of metrics in a row that were not better."""
        return self._core_plateau.num_bad

    @property
    def cooldown_left(self) -> int:
        """Number of further updates that are not counted."""
        return self._core_plateau.cooldown_left

    @property
    def step(self) -> int:
        """Index of the next metric, from 0."""
        return self._core_plateau.step

    def update(
        self,
        metric: float,
        lr: float | Sequence[float],
        min_lr: float | Sequence[float] = 0.0,
        eps: float | Sequence[float] = 0.0,
    ) -> Reduction | None:
        """Take the next metric, and say what becomes of the learning rates; None when none of them falls.

        Args:
            metric: What should get better.
            lr: The present learning rate, or one for each param group.
            min_lr: A learning rate is not reduced below this; one for all or one for each.
            eps: A learning rate that would fall by no more than this stays; one for all or one for each.

        Raises:
            ValueError: When a learning rate or bound is negative or not finite, or `metric` is not finite and nan is
                "raise"; nothing is changed then.
        """
        metric, lrs = as_float("metric", metric), _reals("lr", lr, 1)
        min_lrs, differences = _reals("min_lr", min_lr, len(lrs)), _reals("eps", eps, len(lrs))
        reduction = self._core_plateau.update(metric, lrs, min_lrs, differences)
        if reduction is None:
            return None
        step, num_bad, new_lrs = reduction
        return Reduction(step, metric, self.best, lrs, tuple(new_lrs), self._why(metric, num_bad))

    def reset(self) -> None:
        """Forget every metric."""
        self._core_plateau = _core.Plateau(**self._arguments)

    def state_dict(self) -> dict[str, Any]:
        """The state in JSON types."""
        return self._core_plateau.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`.

        Raises:
            ValueError: When `state` is of another version or shape; nothing is changed then.
        """
        self._core_plateau.load_state_dict(dict(as_mapping("the state of a Plateau", state)))

    def _why(self, metric: float, num_bad: int) -> str:
        bad = f"the metric {metric} was" if num_bad == 1 else f"{num_bad} metrics in a row, the last {metric}, were"
        if self.best is None:
            return f"{bad} not finite"
        threshold, threshold_mode = self._arguments["threshold"], self._arguments["threshold_mode"]
        return f"{bad} not better than the best {self.best} by the threshold {threshold} ({threshold_mode})"


def _reals(name: str, values: float | Sequence[float], length: int) -> tuple[float, ...]:
    """`values` as floats; a single one `length` times."""
    return as_tuple_of(as_float, name, values) if isinstance(values, Sequence) else (as_float(name, values),) * length


# A learning rate at its bound is off it by what float32 rounds away, which is no reason to reduce it again.
ROUNDING = 1e-6


class SupportsFactor(Protocol):
    """A scheduler or callback whose learning rates are all multiplied by `factor`."""

    factor: float


def reduce_scheduler_factor(
    plateau: Plateau,
    metric: float,
    base: SupportsFactor,
    lrs: Callable[[], Sequence[float]],
    min_lrs: Sequence[float],
    eps: Sequence[float],
) -> Reduction | None:
    """Let `plateau` take the next metric, and lower the factor of `base` if it is time.

        factor <- max(factor * plateau's factor, the largest of factor * min_lr / lr over the groups)

    so that no learning rate falls below its bound: of several groups the one nearest to its bound decides. A group
    whose learning rate is 0 at present is ignored.

    Args:
        plateau: The controller.
        metric: What should get better.
        base: Whose factor is lowered.
        lrs: Gives the present learning rates of `base`, one for each param group.
        min_lrs: The bound of each.
        eps: By no more than this must each of them fall for a reduction to be left out.

    Returns:
        The reduction in terms of learning rates; None when none of them falls.

    Example:
        >>> from types import SimpleNamespace
        >>> base = SimpleNamespace(factor=1.0)
        >>> plateau = Plateau(factor=0.5, patience=0)
        >>> reduce_scheduler_factor(plateau, float("nan"), base, lambda: [0.1 * base.factor], [0.0], [0.0]).new_lrs
        (0.05,)
    """
    old_lrs = tuple(lrs())
    min_factor = max(_in_factors(min_lrs, base.factor, old_lrs), default=base.factor)
    least_fall = min(_in_factors(eps, base.factor, old_lrs), default=0.0)
    reduction = plateau.update(metric, base.factor, min_factor, max(least_fall, ROUNDING * base.factor))
    if reduction is None:
        return None
    base.factor = reduction.new_lrs[0]
    return replace(reduction, old_lrs=old_lrs, new_lrs=tuple(lrs()))


def _in_factors(bounds: Sequence[float], factor: float, lrs: Sequence[float]) -> list[float]:
    # Above the factor itself all bounds are alike, and an infinite one is none.
    return [min(factor, bound * factor / lr) for bound, lr in zip(bounds, lrs, strict=True) if lr > 0]
