"""The same schedule as a peer counts it, and with the peer's defaults."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from lrcore._arguments import text
from lrcore.schedules.schedule import Peer, Schedule

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
    if text("compat", compat) not in cls.peers:
        known = ", ".join(map(repr, cls.peers))
        raise ValueError(f"compat must be one of {known} for {cls.__name__}, but got {compat!r}")
    return cls.peers[compat]
