"""The result of a range test: its curve, what it suggests, and applying that to an optimizer."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lrcore._core import StopReason
from lrcore._validation import as_float
from lrcore._validation import as_str as _text
from lrcore.range_test._io import from_csv, from_dict, from_npz, to_csv, to_dict, to_npz
from lrcore.range_test._plot import draw_range_test
from lrcore.range_test._repeats import check_group_lrs, check_runs, mean_of_repeats, spread_of_repeats
from lrcore.range_test._run import COLUMNS, OPTIONAL_COLUMNS
from lrcore.schedules import Cyclic, OneCycle
from lrcore.smoothing import smooth
from lrcore.suggestions._curve import check_curve
from lrcore.suggestions._peers import peer_suggestions
from lrcore.suggestions._steepest_descent import Bounds, Suggestion, bounds, suggest

if TYPE_CHECKING:
    from matplotlib.axes import Axes


Floats = npt.NDArray[np.float64]


def apply_lr(result: RangeTestResult, optimizer: Any, lr: float | None = None, scale: float = 1.0) -> tuple[float, ...]:
    """Let the next update of `optimizer` use `scale` times `lr`, see `RangeTestResult.apply`."""
    lr = _suggested(result) if lr is None else _positive("lr", lr)
    scale = _positive("scale", scale)
    if hasattr(optimizer, "param_groups"):
        return _apply_to_groups(result, optimizer.param_groups, lr, scale)
    if hasattr(optimizer, "learning_rate"):
        return _apply_to_variable(result, optimizer, lr, scale)
    raise TypeError(f"optimizer must have param_groups or a learning_rate, but got {type(optimizer).__name__}")


def _apply_to_groups(
    result: RangeTestResult, groups: Sequence[dict[str, Any]], lr: float, scale: float
) -> tuple[float, ...]:
    swept = _swept_ratios(result, lr, len(groups))
    ratios = _present_ratios([float(group["lr"]) for group in groups]) if swept is None else swept
    lrs = tuple(scale * lr * ratio for ratio in ratios)
    if not np.isfinite(lrs).all():
        raise ValueError(f"the learning rates to set must be finite, but got {lrs}")
    for group, value in zip(groups, lrs, strict=True):
        # A tensor is filled, as compiled steps and CUDA graphs hold on to it.
        group["lr"] = group["lr"].fill_(value) if hasattr(group["lr"], "fill_") else value
    return lrs


def _apply_to_variable(result: RangeTestResult, optimizer: Any, lr: float, scale: float) -> tuple[float]:
    _swept_ratios(result, lr, groups=1)
    if not hasattr(optimizer.learning_rate, "assign"):
        raise ValueError("learning_rate of the optimizer must be a variable, but it is a schedule or a function")
    optimizer.learning_rate.assign(_positive("scale * lr", scale * lr))
    return (scale * lr,)


def _suggested(result: RangeTestResult) -> float:
    found = result.suggestion()
    if found.lr is None:
        raise ValueError(f"there is no learning rate to apply: {found.reason}")
    return found.lr


def _positive(name: str, value: Any) -> float:
    number = as_float(name, value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name} must be a finite number greater than 0, but got {number}")
    return number


def _swept_ratios(result: RangeTestResult, lr: float, groups: int) -> list[float] | None:
    """Ratios of the groups to the first where the sweep used `lr`; None if it swept all groups alike."""
    if result.group_lrs is None or result.group_lrs.shape[1] == 1:
        return None
    if result.group_lrs.shape[1] != groups:
        raise ValueError(f"optimizer must have the {result.group_lrs.shape[1]} groups of the sweep, but has {groups}")
    log_ratios = np.log(result.group_lrs) - np.log(result.lrs)[:, np.newaxis]
    if not log_ratios.any():
        return None
    return [float(np.exp(np.interp(np.log(lr), np.log(result.lrs), column))) for column in log_ratios.T]


def _present_ratios(lrs: Sequence[float]) -> list[float]:
    """Ratios of the groups to the first as the optimizer has them."""
    first = lrs[0]
    if first == 0 and any(lrs):
        raise ValueError(f"lr of the first group must not be 0, as the others keep their ratio to it, but got {lrs}")
    return [1.0 if lr == first else lr / first for lr in lrs]


PathLike = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class RangeTestResult:
    """The curve of a learning-rate range test: point i is the loss that goes with lrs[i].

    Compares by content (NaN equals NaN); the arrays are copies that cannot be written.

    Args:
        lrs: Learning rates (of the first parameter group), shape (n,), finite, greater than 0 and increasing.
        losses: Raw losses that the test judged, shape (n,).
        smoothed_losses: Smoothed losses, shape (n,).
        stop_reason: Why the test ended.
        group_lrs: Learning rates of all parameter groups, shape (n, groups), `lrs` first; None if all use `lrs`.
        training_losses: Training losses where `losses` are those of validation, shape (n,), or None.
        metrics: A metric such as the accuracy at each point, shape (n,), or None.
        repeats: The single runs of which this is the mean, see `of_repeats`; none for a single run.

    Raises:
        ValueError: When the arrays differ in length, a learning rate is out of range, or a repeat is of another sweep.
        TypeError: When `stop_reason` is not a StopReason or a repeat is not a RangeTestResult.

    Example:
        >>> result = RangeTestResult([0.1, 0.2], [2.0, 1.0], [2.0, 1.0], StopReason.finished)
        >>> result.smoothed(beta=0.5).round(3).tolist()
        [2.0, 1.333]
        >>> result == RangeTestResult.from_json(result.to_json())
        True
    """

    lrs: Floats
    losses: Floats
    smoothed_losses: Floats
    stop_reason: StopReason
    group_lrs: Floats | None = field(default=None, kw_only=True)
    training_losses: Floats | None = field(default=None, kw_only=True)
    metrics: Floats | None = field(default=None, kw_only=True)
    repeats: tuple[RangeTestResult, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        for name in (*COLUMNS, *OPTIONAL_COLUMNS):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _frozen(getattr(self, name)))
        if self.lrs.size == 0:
            # Whether a run that ended before its first point was to have them cannot be known.
            object.__setattr__(self, "training_losses", None)
            object.__setattr__(self, "metrics", None)
        object.__setattr__(self, "repeats", tuple(self.repeats))
        self._check()

    def _check(self) -> None:
        one_dimensional = (*COLUMNS[1:], "training_losses", "metrics")
        columns = {name: getattr(self, name) for name in one_dimensional if getattr(self, name) is not None}
        check_curve(self.lrs, **columns)
        if self.group_lrs is not None:
            check_group_lrs(self.group_lrs, self.lrs)
        if not isinstance(self.stop_reason, StopReason):
            raise TypeError(f"stop_reason must be a StopReason, but got {self.stop_reason!r}")
        check_runs("repeats", self.repeats, type(self), curve=self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RangeTestResult):
            return NotImplemented
        names = (*COLUMNS, *OPTIONAL_COLUMNS)
        same_columns = all(_equal(getattr(self, name), getattr(other, name)) for name in names)
        return same_columns and self.stop_reason is other.stop_reason and self.repeats == other.repeats

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, as unpickled arrays could be written.
        options = {name: getattr(self, name) for name in (*OPTIONAL_COLUMNS, "repeats")}
        return partial(type(self), **options), (self.lrs, self.losses, self.smoothed_losses, self.stop_reason)

    @classmethod
    def of_repeats(cls, results: Sequence[RangeTestResult]) -> RangeTestResult:
        """The mean curve of several runs of one sweep, which keeps them as its `repeats`; a single run as it is.

        It has the points that more than half of the runs reached, and the stop reason of the run that ends there. Each
        value is the mean over the runs that have a finite one at that point, NaN where most have none.

        Args:
            results: Single runs with equal learning rates, as far as each goes.

        Raises:
            ValueError: When there are none, one is a mean itself, or they differ in learning rates or columns.

        Example:
            >>> short = RangeTestResult([0.1, 0.2], [2.0, 1.0], [2.0, 1.0], StopReason.interrupted)
            >>> long = RangeTestResult([0.1, 0.2, 0.4], [4.0, 1.0, 1.0], [4.0, 1.0, 1.0], StopReason.finished)
            >>> mean = RangeTestResult.of_repeats([short, long])
            >>> mean.losses.tolist(), mean.spread.round(3).tolist(), mean.stop_reason.name
            ([3.0, 1.0], [1.414, 0.0], 'interrupted')
        """
        results = tuple(results)
        if not results:
            raise ValueError("results must hold at least one range test result")
        check_runs("results", results, cls)
        return results[0] if len(results) == 1 else cls(**mean_of_repeats(results), repeats=results)

    @property
    def spread(self) -> Floats | None:
        """The standard deviation of the losses over the runs at each point, shape (n,); None for a single run.

        spread_i = sqrt(sum over runs r of (loss_ri - mean_i)^2 / (runs - 1)), over the runs whose loss is finite there;
        NaN where there are fewer than two.
        """
        return spread_of_repeats(self.repeats, len(self.lrs)) if self.repeats else None

    def smoothed(self, beta: float) -> Floats:
        """The raw losses smoothed with weight `beta`, shape (n,); a loss that is not finite is kept as it is.

        Args:
            beta: Weight of the past, at least 0 and less than 1.
        """
        smoothed = self.losses.copy()
        finite = np.isfinite(self.losses)
        smoothed[finite] = smooth(self.losses[finite], beta)
        return smoothed

    def suggestion(self) -> Suggestion:
        """The learning rates that the raw losses suggest, with the interval from the repeats; see `lrcore.suggest`."""
        return suggest(self.lrs, self.losses, repeats=[repeat.losses for repeat in self.repeats] or None)

    def bounds(self) -> Bounds:
        """The learning rates between which the raw losses fall, see `lrcore.bounds`."""
        return bounds(self.lrs, self.losses)

    def suggestions(self) -> dict[str, float | None]:
        """The learning rate that each reading gives, by name; None where a reading gives none.

        "lrcore" is that of `suggestion`, from the raw losses. The others are those of `lrcore.suggestions`, from the
        smoothed losses; each leaves out the same points at the ends as the finder that it comes from.
        """
        return {"lrcore": self.suggestion().lr, **peer_suggestions(self.lrs, self.smoothed_losses)}

    def cyclic(self, step_size: int, mode: str = "triangular", gamma: float = 1.0) -> Cyclic:
        """A cycle between the bounds that the curve suggests.

        Args:
            step_size: Steps from the lower bound to the upper, and as many back, at least 1.
            mode: As for `lrcore.Cyclic`.
            gamma: As for `lrcore.Cyclic`.

        Raises:
            ValueError: When an argument is out of range or the curve suggests no bounds; the sentence says why.

        Example:
            >>> lrs = np.geomspace(1e-5, 1.0, 101)
            >>> losses = 2.3 - 1 / (1 + (1e-3 / lrs) ** 2)  # falls by 1, from about 3e-4 to 3e-3
            >>> cycle = RangeTestResult(lrs, losses, losses, StopReason.finished).cyclic(step_size=200)
            >>> f"{cycle(0):.0e} {cycle(200):.0e} {cycle(400):.0e}"
            '3e-04 3e-03 3e-04'
        """
        base_lr, max_lr = self._both_bounds()
        return Cyclic(base_lr, max_lr, step_size, mode=mode, gamma=gamma)

    def one_cycle(self, total_steps: int, pct_start: float = 0.3, anneal_strategy: str = "cos") -> OneCycle:
        """A single cycle that begins at the lower bound that the curve suggests and has its top at the upper bound.

        Args:
            total_steps: Steps of the whole training, at least 2.
            pct_start: As for `lrcore.OneCycle`.
            anneal_strategy: As for `lrcore.OneCycle`.

        Raises:
            ValueError: When an argument is out of range or the curve suggests no bounds; the sentence says why.
        """
        base_lr, max_lr = self._both_bounds()
        return OneCycle(max_lr, total_steps, pct_start, anneal_strategy, div_factor=max_lr / base_lr)

    def apply(self, optimizer: Any, lr: float | None = None, scale: float = 1.0) -> tuple[float, ...]:
        """Let the next update of `optimizer` use `scale` times `lr`, and keep the ratios between parameter groups.

        Group g gets scale * lr * ratio_g, where ratio_g is the learning rate of group g over that of the first group:
        in the sweep where the first group used `lr`, if the sweep was not alike for all groups, and as the optimizer
        has them otherwise.

        Args:
            optimizer: Of PyTorch or whatever else has param_groups (a tensor lr is filled in place), or of Keras.
            lr: Learning rate of the first group, finite and greater than 0; the suggestion if None.
            scale: Finite and greater than 0.

        Returns:
            The learning rate of each group.

        Raises:
            ValueError: When an argument is out of range, the curve suggests no learning rate, the groups are not those
                of the sweep, or the learning rate of a Keras optimizer is a schedule. Nothing is changed then.
            TypeError: When `optimizer` has neither param_groups nor a learning_rate.

        Example:
            >>> from types import SimpleNamespace
            >>> optimizer = SimpleNamespace(param_groups=[{"lr": 0.5}, {"lr": 0.25}])  # of two groups
            >>> RangeTestResult([0.1], [2.0], [2.0], StopReason.interrupted).apply(optimizer, lr=0.1)
            (0.1, 0.05)
        """
        return apply_lr(self, optimizer, lr, scale)

    def plot(self, ax: Axes | None = None, show: bool = False, save: PathLike | None = None) -> Axes:
        """Draw loss over learning rate, see `lrcore.plot_range_test`."""
        return draw_range_test(self, ax, show, save)

    def to_dict(self) -> dict[str, Any]:
        """The result in JSON types; numbers that JSON does not know are the strings "nan", "inf" and "-inf".

        group_lrs has a list for each group, and repeats a dict for each run.
        """
        return to_dict(self)

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> RangeTestResult:
        """The result that `to_dict` described.

        Raises:
            ValueError: When `content` is of another version or a field is missing, unknown or out of range.
            TypeError: When a field is of the wrong type.
        """
        return from_dict(content, RangeTestResult)

    def to_json(self) -> str:
        """The result as JSON text."""
        return json.dumps(self.to_dict(), allow_nan=False)

    @staticmethod
    def from_json(text: str) -> RangeTestResult:
        """The result that `to_json` wrote.

        Raises:
            ValueError: When `text` is not valid JSON, or as for `from_dict`.
            TypeError: When `text` is not a string, or as for `from_dict`.
        """
        try:
            content = json.loads(_text("text", text))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"text must be valid JSON, but it is not: {error}") from None
        return RangeTestResult.from_dict(content)

    def to_csv(self, path: PathLike) -> None:
        """Write comma-separated values that read back bit for bit; the file is there whole or not at all.

        The columns are run (0 is the curve, 1, 2, ... are its repeats), lr, loss, smoothed_loss, and where there are
        such training_loss, metric, group_lr_0, group_lr_1, ...; a comment in the first line has the stop reasons.

        Raises:
            OSError: When the file cannot be written.
        """
        to_csv(self, path)

    @staticmethod
    def from_csv(path: PathLike) -> RangeTestResult:
        """The result that `to_csv` wrote.

        Raises:
            ValueError: When the file is damaged; the sentence names the file and what is wrong.
            OSError: When it cannot be read.
        """
        return from_csv(path, RangeTestResult)

    def to_npz(self, path: PathLike) -> None:
        """Write a NumPy archive that reads back bit for bit; the file is there whole or not at all.

        The arrays are lrs, losses, smoothed_losses, and where there are such group_lrs, training_losses and metrics,
        each with the rows of the curve and below them those of its repeats; and stop_reasons and points (rows) of each.

        Raises:
            OSError: When the file cannot be written.
        """
        to_npz(self, path)

    @staticmethod
    def from_npz(path: PathLike) -> RangeTestResult:
        """The result that `to_npz` wrote; no pickled object is ever loaded.

        Raises:
            ValueError: When the file is damaged; the sentence names the file and what is wrong.
            OSError: When it cannot be read.
        """
        return from_npz(path, RangeTestResult)

    def _both_bounds(self) -> tuple[float, float]:
        base_lr, max_lr, reason = self.bounds()
        if base_lr is None or max_lr is None:
            raise ValueError(f"the curve gives no bounds for a cycle: {reason}")
        return base_lr, max_lr


def _frozen(values: npt.ArrayLike) -> Floats:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def _equal(a: Floats | None, b: Floats | None) -> bool:
    return a is b if a is None or b is None else np.array_equal(a, b, equal_nan=True)
