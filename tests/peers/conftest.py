"""Learning rates of the schedules of PyTorch, timm and optax."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

Values = npt.NDArray[np.float64]


@pytest.fixture
def torch_lrs() -> Callable[..., Values]:
    """The learning rate of each of `steps` updates."""

    def lrs(make: Callable[[torch.optim.Optimizer], Any], lr: float, steps: int) -> Values:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
        scheduler = make(optimizer)
        group = optimizer.param_groups[0]
        values = [float(group["lr"])]
        for _ in range(steps - 1):
            optimizer.step()
            scheduler.step()
            values.append(float(group["lr"]))
        return np.array(values)

    return lrs


@pytest.fixture
def timm_lrs(peers: Any) -> Callable[..., Values]:
    """The learning rates that timm's `step(t)` sets from 0.1, for t from 0 to 449."""
    return lambda scheduler: np.array(peers("timm", scheduler))


OPTAX = """
import json, sys
import jax, numpy, optax
with jax.enable_x64(True):
    for line in sys.stdin:
        expression, steps = json.loads(line)
        schedule = eval(expression, {"optax": optax})
        print(json.dumps([float(schedule(numpy.int64(step))) for step in range(steps)]), flush=True)
"""


@pytest.fixture(scope="session")
def optax_lrs() -> Iterator[Callable[..., Values]]:
    """The values in float64 of an optax schedule that an expression makes.

    In a process of its own: JAX starts threads, after which no process should fork, as DataLoader's workers do.
    """
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", OPTAX], text=True, **pipes) as process:

        def lrs(expression: str, steps: int) -> Values:
            process.stdin.write(json.dumps([expression, steps]) + "\n")
            process.stdin.flush()
            return np.array(json.loads(process.stdout.readline()))

        yield lrs
        process.stdin.close()
