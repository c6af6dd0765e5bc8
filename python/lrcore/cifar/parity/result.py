"""Distance between two frameworks' runs after every update of the same training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lrcore._validation import check_fields, check_version
from lrcore.cifar.parity.settings import ParitySettings
from lrcore.cifar.training.run_folder import to_json
from lrcore.trace import COLUMNS, Difference, Trace, first_difference

LOSS_LIMIT = 1e-10
WEIGHT_LIMIT = 1e-9

Floats = npt.NDArray[np.float64]

TRACES = ("torch", "keras")
WEIGHT_COLUMNS = ("weight_differences", "largest_weights")


@dataclass(frozen=True, eq=False)
class ParityComparison:
    """The same training in both frameworks, update by update.

    Args:
        torch: What PyTorch's side did.
        keras: What Keras' side did.
        weight_differences: Largest absolute difference of a weight or moving statistic after each update, float64,
            shape (n,).
        largest_weights: Largest absolute value of PyTorch's weights and statistics after each update, float64,
            shape (n,).

    Example:
        >>> steps, lrs = [0, 1], [0.5, 0.25]
        >>> torch, keras = Trace(steps, lrs, lrs, [2.0, 1.0]), Trace(steps, lrs, lrs, [2.0, 1.25])
        >>> ParityComparison(torch, keras, np.zeros(2), np.ones(2)).broken_limits
        ('relative loss difference 2.0e-01 at update 1, over 1e-10',)
    """

    torch: Trace
    keras: Trace
    weight_differences: Floats
    largest_weights: Floats

    @property
    def loss_differences(self) -> Floats:
        """`abs(a - b) / max(abs(a), abs(b))` of the two losses of each update, 0 where they are equal."""
        a, b = self.torch.loss, self.keras.loss
        with np.errstate(invalid="ignore"):
            return np.divide(np.abs(a - b), np.maximum(np.abs(a), np.abs(b)), out=np.zeros(len(a)), where=a != b)

    @property
    def relative_weight_differences(self) -> Floats:
        """`weight_differences / largest_weights`."""
        with np.errstate(invalid="ignore"):
            return self.weight_differences / self.largest_weights

    @property
    def trace_difference(self) -> Difference | None:
        """The first update whose learning rates differ, None if there is none."""
        return first_difference(self.torch, self.keras)

    @property
    def broken_limits(self) -> tuple[str, ...]:
        """A phrase for each limit that is broken, none if all hold."""
        difference = self.trace_difference
        return (
            *_over("relative loss difference", self.loss_differences, LOSS_LIMIT),
            *_over("weight difference", self.weight_differences, WEIGHT_LIMIT),
            *([] if difference is None else [f"lr traces differ: {difference.reason}"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """In JSON types; numbers that JSON does not know are the strings "nan", "inf" and "-inf"."""
        derived = ("loss_differences", "relative_weight_differences")
        return {
            **{name: _trace_to_dict(getattr(self, name)) for name in TRACES},
            **{name: to_json(getattr(self, name).tolist()) for name in WEIGHT_COLUMNS},
            "derived": {name: to_json(getattr(self, name).tolist()) for name in derived},
            "broken_limits": list(self.broken_limits),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> ParityComparison:
        """The pair that `to_dict` described; what is derived is computed anew.

        Raises:
            ValueError: When a field is missing or unknown, or columns differ in length.
        """
        check_fields("a parity pair", content, (*TRACES, *WEIGHT_COLUMNS, "derived", "broken_limits"))
        torch_trace, keras_trace = (Trace(**content[name]) for name in TRACES)
        return cls(torch_trace, keras_trace, *(np.array(content[name], np.float64) for name in WEIGHT_COLUMNS))


def worst(differences: Floats) -> tuple[int, float]:
    """The first update with the largest difference, and that difference; the first NaN, if there is one."""
    update = int(np.argmax(differences))
    return update, float(differences[update])


def _over(name: str, differences: Floats, limit: float) -> list[str]:
    update, difference = worst(differences)
    return [] if difference <= limit else [f"{name} {difference:.1e} at update {update}, over {limit:g}"]


def _trace_to_dict(trace: Trace) -> dict[str, Any]:
    return {name: to_json(getattr(trace, name).tolist()) for name in COLUMNS}


VERSION = 1
OWNER = "a parity result"
FIELDS = ("version", "settings", "data", "versions", "limits", "pairs", "within_limits")


@dataclass(frozen=True, eq=False)
class ParityResult:
    """lrcore's optimizers side by side, and beside them the frameworks' own.

    Args:
        settings: What was compared.
        data: "source", where the images came from, and "sha256" of them.
        versions: Of the packages that took part.
        pairs: "lrcore" and "stock".
    """

    settings: ParitySettings
    data: Mapping[str, str]
    versions: Mapping[str, str]
    pairs: Mapping[str, ParityComparison]

    @property
    def within_limits(self) -> bool:
        """True if lrcore's pair breaks no limit; the stock pair is only shown."""
        return not self.pairs["lrcore"].broken_limits

    def to_dict(self) -> dict[str, Any]:
        """In JSON types."""
        return {
            "version": VERSION,
            "settings": self.settings.to_dict(),
            "data": dict(self.data),
            "versions": dict(self.versions),
            "limits": {"relative loss difference": LOSS_LIMIT, "weight difference": WEIGHT_LIMIT},
            "pairs": {name: pair.to_dict() for name, pair in self.pairs.items()},
            "within_limits": self.within_limits,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> ParityResult:
        """The result that `to_dict` described; limits and verdicts are this version's.

        Raises:
            ValueError: When the version is another, or a field is missing, unknown or out of range.
        """
        check_version(OWNER, content, VERSION)
        check_fields(OWNER, content, FIELDS)
        return cls(
            settings=ParitySettings.from_dict(content["settings"]),
            data=content["data"],
            versions=content["versions"],
            pairs={name: ParityComparison.from_dict(pair) for name, pair in content["pairs"].items()},
        )
