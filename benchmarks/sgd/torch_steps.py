"""lrcore.torch.SGD beside torch.optim.SGD, and at the largest size beside what the memory can do."""

from __future__ import annotations

from interleaved import median_times

from sgd.plain_loop import BYTES_PER_WEIGHT, plain_loop
from sgd.sizes import GUIDE, LARGE, MANY, RESNET, REST
from sgd.table import Row
from sgd.torch_optimizers import steps

TARGETS = {
    GUIDE: {"fused": 2.0, "default": 12.0},
    MANY: {"fused": 8.0},
    RESNET: {"fused": 1.25},
    LARGE: {"fused": 1.0, "plain loop": 0.85},
}


def rows() -> list[Row]:
    result = []
    for size, targets in TARGETS.items():
        candidates = steps(size)
        note = ""
        if size is LARGE:
            loop = plain_loop(size.weights * size.tensors)
            if loop is None:
                note = "no C compiler: no plain loop"
            else:
                candidates["plain loop"] = loop
        seconds = median_times(candidates, size.repeats, size.calls, rest=REST)
        if "plain loop" in seconds:
            gigabytes = BYTES_PER_WEIGHT * size.weights * size.tensors / 1e9
            note = ", ".join(
                f"{name} {gigabytes / seconds[name]:.1f} GB/s" for name in ("lrcore", "fused", "plain loop")
            )
        result.append(Row(size.label, seconds, targets, note))
    return result
