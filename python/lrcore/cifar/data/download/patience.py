"""How long a source is waited for, and how slow it may be."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from lrcore.cifar.data.download.sources import SlowError


@dataclass(frozen=True)
class Patience:
    """When to turn from a source to the next.

    Args:
        stall_seconds: Without a byte for so long, the connection counts as cut.
        slow_rate: Bytes per second below which a source gives way; 0 lets any rate pass.
        slow_seconds: The time over which the rate is measured, again and again: a throttle may come late.
    """

    stall_seconds: float = 20.0
    slow_rate: float = 500e3
    slow_seconds: float = 5.0

    def with_any_rate(self) -> Patience:
        """The same for a source that nothing faster is left for."""
        return replace(self, slow_rate=0.0)


PATIENCE = Patience()


class RateWatch:
    """Measures a download while it runs.

    Args:
        patience: What is fast enough.
        received: Bytes that are there at the start.
    """

    def __init__(self, patience: Patience, received: int) -> None:
        self._patience = patience
        self._since, self._received = time.monotonic(), received

    def __call__(self, received: int) -> None:
        """Tell how many bytes are there now.

        Raises:
            SlowError: Too few have come since the last measurement.
        """
        now = time.monotonic()
        if now - self._since < self._patience.slow_seconds:
            return
        rate = (received - self._received) / max(now - self._since, 1e-9)
        if rate < self._patience.slow_rate:
            raise SlowError(rate)
        self._since, self._received = now, received
