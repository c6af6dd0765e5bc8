"""What a range test has found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lrcore._arguments import check_fields, check_version, each, real
from lrcore._core import StopReason
from lrcore.smoothing import smooth
from lrcore.suggest import Suggestion, check_curve, suggest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VERSION = 1
COLUMNS = ("lrs", "losses", "smoothed_losses")
NON_FINITE = ("nan", "inf", "-inf")


@dataclass(frozen=True, eq=False)
class RangeTestResult:
    """The curve of a learning-rate range test: point i is the loss of the update that used lrs[i].

    Compares by content (NaN equals NaN); the arrays are copies that cannot be written.

    Args:
        lrs: Learning rates, shape (n,), finite, greater than 0 and increasing.
        losses: Raw losses, shape (n,).
        smoothed_losses: Smoothed losses, shape (n,).
        stop_reason: Why the test ended.

    Raises:
        ValueError: When the arrays differ in length or a learning rate is out of range.
        TypeError: When `stop_reason` is not a StopReason.

    Example:
        >>> result = RangeTestResult([0.1, 0.2], [2.0, 1.0], [2.0, 1.0], StopReason.finished)
        >>> result.smoothed(beta=0.5).round(3).tolist()
        [2.0, 1.333]
        >>> result == RangeTestResult.from_dict(result.to_dict())
        True
    """

    lrs: npt.NDArray[np.float64]
    losses: npt.NDArray[np.float64]
    smoothed_losses: npt.NDArray[np.float64]
    stop_reason: StopReason

    def __post_init__(self) -> None:
        for name in COLUMNS:
            object.__setattr__(self, name, _frozen(getattr(self, name)))
        check_curve(self.lrs, losses=self.losses, smoothed_losses=self.smoothed_losses)
        if not isinstance(self.stop_reason, StopReason):
            raise TypeError(f"stop_reason must be a StopReason, but got {self.stop_reason!r}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RangeTestResult):
            return NotImplemented
        columns = ((getattr(self, name), getattr(other, name)) for name in COLUMNS)
        return self.stop_reason is other.stop_reason and all(np.array_equal(a, b, equal_nan=True) for a, b in columns)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[RangeTestResult], tuple[Any, ...]]:
        # Through the constructor, as unpickled arrays could be written.
        return type(self), (self.lrs, self.losses, self.smoothed_losses, self.stop_reason)

    def smoothed(self, beta: float) -> npt.NDArray[np.float64]:
        """The raw losses smoothed anew, shape (n,); a loss that is not finite stands for itself.

        Args:
            beta: Weight of the past, at least 0 and less than 1.
        """
        smoothed = self.losses.copy()
        finite = np.isfinite(self.losses)
        smoothed[finite] = smooth(self.losses[finite], beta)
        return smoothed

    def suggestion(self) -> Suggestion:
        """The learning rates that the raw losses suggest, see `lrcore.suggest`."""
        return suggest(self.lrs, self.losses)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw loss over learning rate, see `lrcore.plot.plot_range_test`."""
        from lrcore.plot import plot_range_test

        return plot_range_test(self, ax)

    def to_dict(self) -> dict[str, Any]:
        """The result in JSON types; numbers that JSON does not know are the strings "nan", "inf" and "-inf"."""
        columns = {name: [_to_json(value) for value in getattr(self, name).tolist()] for name in COLUMNS}
        return {"version": VERSION, **columns, "stop_reason": self.stop_reason.name}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> RangeTestResult:
        """The result that `to_dict` described.

        Raises:
            ValueError: When `content` is of another version or a field is missing, unknown or out of range.
            TypeError: When a field is of the wrong type.
        """
        check_version("a range test result", content, VERSION)
        check_fields("a range test result", content, ("version", *COLUMNS, "stop_reason"))
        columns = {name: np.array(each(_number, name, content[name])) for name in COLUMNS}
        return cls(**columns, stop_reason=_stop_reason(content["stop_reason"]))


def _frozen(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def _to_json(value: float) -> float | str:
    return value if math.isfinite(value) else repr(value)


def _number(name: str, value: Any) -> float:
    return float(value) if value in NON_FINITE else real(name, value)


def _stop_reason(name: object) -> StopReason:
    for reason in StopReason:
        if reason.name == name:
            return reason
    raise ValueError(f"stop_reason must be one of {', '.join(reason.name for reason in StopReason)}, but got {name!r}")
