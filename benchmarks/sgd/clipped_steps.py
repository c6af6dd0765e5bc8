"""Clipping by global norm and the step: lrcore's max_grad_norm beside torch's clip_grad_norm_ before its fused step."""

from __future__ import annotations

import inspect

import torch
from interleaved import median_times

import lrcore.torch
from sgd.sizes import GUIDE, LARGE, MANY, RESNET, REST, Size
from sgd.table import Row
from sgd.torch_optimizers import OPTIONS, Step, lrcore_step, with_gradients

TARGETS: dict[Size, dict[str, float]] = {GUIDE: {}, MANY: {}, RESNET: {}, LARGE: {"fused": 1.25}}


def rows() -> list[Row]:
    if "max_grad_norm" not in inspect.signature(lrcore.torch.SGD).parameters:
        return [Row("lrcore.torch.SGD has no max_grad_norm yet", {})]
    result = []
    for size, targets in TARGETS.items():
        candidates = {"lrcore": lrcore_step(size, max_grad_norm=1.0), "fused": clipped_torch_step(size)}
        seconds = median_times(candidates, size.repeats, size.calls, rest=REST)
        result.append(Row(size.label, seconds, targets))
    return result


def clipped_torch_step(size: Size) -> Step:
    parameters = with_gradients(size)
    optimizer = torch.optim.SGD(parameters, **OPTIONS, fused=True)

    def step() -> None:
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return step
