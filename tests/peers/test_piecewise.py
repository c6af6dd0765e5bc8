"""Learning rates joined by lines and by half cosine waves, against optax and Ignite; tables, against PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from lrcore import PiecewiseCosine, PiecewiseLinear, Tabulated

STEPS = 450
Lrs = Callable[..., "np.ndarray[Any, Any]"]


@pytest.mark.parametrize("curve", [PiecewiseLinear, PiecewiseCosine], ids=lambda curve: curve.name)
@pytest.mark.parametrize("milestones", [(400,), (7, 100, 101, 333)])
def test_curves_match_optax(
    optax_lrs: Lrs, curve: type[PiecewiseLinear] | type[PiecewiseCosine], milestones: tuple[int, ...]
) -> None:
    scales = [0.3, 2.0, 0.7, 0.1][: len(milestones)]
    kind = curve.name.removeprefix("piecewise_")
    boundaries = dict(zip(milestones, scales, strict=True))
    peer = optax_lrs(f"optax.piecewise_interpolate_schedule({kind!r}, 0.1, {boundaries})", STEPS)
    lrs = np.cumprod([0.1, *scales])
    np.testing.assert_allclose(curve([0, *milestones], lrs).values(0, STEPS), peer, rtol=1e-12)


def test_piecewise_linear_matches_ignite() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of what it imports
        from ignite.handlers import param_scheduler
    knots = [(10, 0.5), (20, 0.45), (21, 0.3), (380, 0.1)]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    peer = param_scheduler.PiecewiseLinear(optimizer, "lr", milestones_values=knots)
    lrs = []
    for _ in range(STEPS):
        peer(None)
        lrs.append(optimizer.param_groups[0]["lr"])
    milestones, values = zip(*knots, strict=True)
    np.testing.assert_allclose(PiecewiseLinear(milestones, values).values(0, STEPS), lrs, rtol=1e-12)


def test_tabulated_is_lambda_lr_of_torch_with_a_table(torch_lrs: Lrs) -> None:
    factors = np.random.default_rng(0).uniform(0, 1, 400)
    peer = torch_lrs(
        lambda optimizer: lr_scheduler.LambdaLR(optimizer, lambda step: factors[min(step, 399)]), lr=0.1, steps=STEPS
    )
    np.testing.assert_allclose(Tabulated(0.1 * factors).values(0, STEPS), peer, rtol=1e-15)
