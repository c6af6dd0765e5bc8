"""Detection of a loss that diverges."""

from __future__ import annotations

from typing import Any

import lrcore._core as _core
from lrcore._core import Verdict
from lrcore._validation import as_float

__all__ = ["DivergenceDetector", "Verdict"]


class DivergenceDetector:
    """Compares each loss with the best so far.

    A loss has diverged when loss - best > (factor - 1) * scale, with scale = best where that is positive (so that the
    rule reads loss > factor * best) and the larger of -best and first - best otherwise. NaN and infinity are
    `Verdict.nonfinite` at once and leave no mark.

    Args:
        factor: Greater than 1.

    Raises:
        ValueError: When `factor` is out of range.
        TypeError: When `factor` is not a number.

    Source: the guide's LR_Finder, which stops at 4 times the best loss; the rule for losses that are not positive is
    lrcore's own.

    Example:
        >>> detector = DivergenceDetector(factor=4.0)
        >>> [detector.update(loss).name for loss in (2.0, 1.0, 3.9, 4.1)]
        ['ok', 'ok', 'ok', 'diverged']
    """

    def __init__(self, factor: float = 4.0) -> None:
        self._factor = as_float("factor", factor)
        self._core_detector = _core.DivergenceDetector(self._factor)

    def __repr__(self) -> str:
        return f"DivergenceDetector(factor={self._factor!r})"

    @property
    def factor(self) -> float:
        """Multiple of the best positive loss above which a loss has diverged."""
        return self._factor

    @property
    def best(self) -> float | None:
        """The lowest finite loss so far, None before the first."""
        return self._core_detector.best

    def update(self, loss: float) -> Verdict:
        """Judge the next loss."""
        return self._core_detector.update(as_float("loss", loss))

    def state_dict(self) -> dict[str, Any]:
        """The state in JSON types."""
        return self._core_detector.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`.

        Raises:
            ValueError: When `state` is of another version or shape; nothing is changed then.
        """
        self._core_detector.load_state_dict(state)
