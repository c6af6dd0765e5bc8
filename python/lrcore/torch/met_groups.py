"""Which param groups a scheduler has met."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lrcore import _core
from lrcore.torch.param_groups import ParamGroup


@dataclass(frozen=True, eq=False)
class MetGroups:
    """The present groups, and the place of each among all that were ever met.

    A group is known by its list of parameters, which stays the same when the optimizer loads a state.

    Example:
        >>> first, second = {"params": []}, {"params": []}
        >>> met = MetGroups().then([first, second]).then([second, {"params": []}])
        >>> met.places
        (1, 2)
    """

    groups: list[ParamGroup] = field(default_factory=list)
    places: tuple[int, ...] = ()
    ever: int = 0

    def are(self, groups: list[ParamGroup]) -> bool:
        """Whether these are the present groups, with nothing replaced."""
        return _core.same_objects(groups, self.groups)

    def then(self, groups: list[ParamGroup]) -> MetGroups:
        """With `groups` as the present ones."""
        places, ever = [], self.ever
        for before in self.before(groups):
            places.append(ever if before is None else self.places[before])
            ever += before is None
        return MetGroups(list(groups), tuple(places), ever)

    def before(self, groups: list[ParamGroup]) -> list[int | None]:
        """Where each of `groups` is among the present ones; None for a new one."""
        known = {id(_identity(group)): index for index, group in enumerate(self.groups)}
        return [known.get(id(_identity(group))) for group in groups]


def _identity(group: ParamGroup) -> Any:
    return group.get("params", group)
