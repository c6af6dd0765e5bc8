"""What the ranks of a distributed run agree on, so that all record the same curve and stop together."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan

import torch
from torch import distributed

from lrcore.torch.batches import Batches
from lrcore.torch.measurement import Measurement


class Alone:
    """The agreement of a process that is not one of several."""

    leads = True

    def on_batches(self, batches: Batches) -> bool:
        """Whether there are batches for another update."""
        return batches.available()

    def on_measurement(self, measurement: Measurement, batches: Batches) -> Measurement:
        """The measurement itself."""
        return measurement


class Ranks:
    """The agreement of the ranks in a process group: one all-reduce per update, and one before the first.

    Args:
        group: The process group, None for the default one.
    """

    def __init__(self, group: distributed.ProcessGroup | None) -> None:
        self._group = group
        self._size = distributed.get_world_size(group)
        self._device = _device(group)
        self._batches: bool | None = None
        self.leads = distributed.get_rank(group) == 0

    def on_batches(self, batches: Batches) -> bool:
        """Whether every rank has batches for another update."""
        if self._batches is None:
            self._batches = self._sum([batches.available()])[0] == self._size
        return self._batches

    def on_measurement(self, measurement: Measurement, batches: Batches) -> Measurement:
        """The means over the samples of all ranks; an update where every rank did one or a loss is not finite.

        Whether every rank has batches for the next update goes along, so that it needs no all-reduce of its own.
        """
        loss, samples, training_loss, metric, updated = measurement
        weighted = [samples * value if samples and value else 0.0 for value in (loss, training_loss, metric)]
        ends = updated and not isfinite(loss)
        *sums, total, updates, ending, available = self._sum([*weighted, samples, updated, ends, batches.available()])
        self._batches = available == self._size
        means = [weighted_sum / total if total else nan for weighted_sum in sums]
        return Measurement(
            loss=means[0],
            samples=int(total),
            training_loss=None if training_loss is None else means[1],
            metric=None if metric is None else means[2],
            updated=updates == self._size or ending > 0,
        )

    def _sum(self, values: Sequence[float]) -> list[float]:
        sums = torch.tensor(values, dtype=torch.float64, device=self._device)
        distributed.all_reduce(sums, group=self._group)
        return sums.tolist()


def agreement(group: distributed.ProcessGroup | None = None) -> Alone | Ranks:
    """That of the ranks of `group`, where this process is one of several."""
    several = distributed.is_available() and distributed.is_initialized() and distributed.get_world_size(group) > 1
    return Ranks(group) if several else Alone()


def _device(group: distributed.ProcessGroup | None) -> str:
    """The kind of device whose tensors the backend of `group` can reduce, the CPU if possible."""
    kinds = distributed.Backend.backend_capability.get(distributed.get_backend(group), ["cpu"])
    return "cpu" if "cpu" in kinds else kinds[0]
