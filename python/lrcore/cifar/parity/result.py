"""What a comparison shows, as a value that parity.json holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrcore._arguments import check_fields, check_version
from lrcore.cifar.parity.pair import LOSS_LIMIT, WEIGHT_LIMIT, Pair
from lrcore.cifar.parity.settings import ParitySettings

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
    pairs: Mapping[str, Pair]

    @property
    def within_limits(self) -> bool:
        """Whether lrcore's pair breaks no limit; the stock pair is only shown."""
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
            pairs={name: Pair.from_dict(pair) for name, pair in content["pairs"].items()},
        )
