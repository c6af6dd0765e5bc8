"""Other libraries' conventions and defaults for the same schedule."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from lrcore._validation import as_int, as_str
from lrcore.schedules._base import Peer, Schedule

S = TypeVar("S", bound=Schedule)


def compatible(**peers: Peer) -> Callable[[type[S]], type[S]]:
    """Makes the argument `compat` of a schedule work, before its other arguments are read.

    Args:
        peers: By the name of each peer, a function of the arguments that a caller gives. Its defaults are the peer's,
            and it returns the arguments of the schedule itself.
    """

    def with_compat(cls: type[S]) -> type[S]:
        construct = cls.__init__
        signature = inspect.signature(construct)

        @functools.wraps(construct)
        def __init__(self: S, *positional: Any, compat: str | None = None, **keywords: Any) -> None:
            if compat is not None:
                given = signature.bind(self, *positional, **keywords).arguments
                del given["self"]
                positional, keywords = (), _find_peer(cls, compat)(**given)
            construct(self, *positional, **keywords)

        cls.__init__ = __init__  # type: ignore[assignment, method-assign]
        cls.peers = peers
        return cls

    return with_compat


def defaults(**peers: Any) -> Peer:
    """A peer that counts as the schedule does, with other defaults or, without any here, the same."""
    return lambda **given: peers | given


def _find_peer(cls: type[Schedule], compat: Any) -> Peer:
    if as_str("compat", compat) not in cls.peers:
        known = ", ".join(map(repr, cls.peers))
        raise ValueError(f"compat must be one of {known} for {cls.__name__}, but got {compat!r}")
    return cls.peers[compat]


T_MINUS_1 = "T-1"
T = "T"


def normalize_step_count(name: str, steps: Any, last: str | None, convention: str) -> int:
    """The number of steps in a class's own way of counting, where `last` may say that the caller counts otherwise.

    Args:
        name: Name of the argument that counts them.
        steps: The steps T as the caller counts them.
        last: The step with the last value, "T-1" or "T"; None for the class's own.
        convention: The one that the class has.
    """
    if last not in (None, T_MINUS_1, T):
        raise ValueError(f"last must be 'T-1' or 'T', but got {last!r}")
    counted = as_int(name, steps)
    if last in (None, convention):
        return counted
    fewest, difference = (2, -1) if last == T_MINUS_1 else (1, 1)
    if counted < fewest:
        raise ValueError(f"{name} must be at least {fewest} with last={last!r}, but got {counted}")
    return as_int(name, counted + difference)
