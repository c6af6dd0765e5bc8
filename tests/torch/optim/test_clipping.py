"""Clipping by the norm of all gradients, which are left as they are."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from lrcore.torch import SGD
from tests.support.sgd_parameters import DTYPES, NESTEROV, parameters, set_gradients, strided


@pytest.mark.parametrize("max_grad_norm", [0.1, 1.0, 1e3])
def test_clipping_matches_torch(max_grad_norm: float) -> None:
    ours, peers = parameters(), parameters()
    groups = [{"params": ours[:2]}, {"params": ours[2:], "momentum": 0.5}]
    optimizer = SGD(groups, max_grad_norm=max_grad_norm, **NESTEROV)
    peer = torch.optim.SGD([{"params": peers[:2]}, {"params": peers[2:], "momentum": 0.5}], **NESTEROV)
    assert optimizer.grad_norm is None
    for update in range(3):
        set_gradients(ours, update)
        set_gradients(peers, update)
        kept = copy.deepcopy([parameter.grad for parameter in ours])
        norm = torch.nn.utils.clip_grad_norm_(peers, max_grad_norm)
        optimizer.step()
        peer.step()
        assert optimizer.grad_norm == pytest.approx(float(norm), rel=1e-14)
        assert_close(ours, peers, rtol=1e-12, atol=1e-14)
        assert all(torch.equal(parameter.grad, grad) for parameter, grad in zip(ours, kept, strict=True))
    assert optimizer.path == "core, torch"


@pytest.mark.parametrize("bad", [torch.inf, torch.nan])
def test_a_norm_that_is_not_finite_has_torchs_effect(bad: float) -> None:
    ours, peers = parameters(), parameters()
    optimizer, peer = SGD(ours, max_grad_norm=1.0, **NESTEROV), torch.optim.SGD(peers, **NESTEROV)
    for params in (ours, peers):
        set_gradients(params, 0)
        params[1].grad[3] = bad  # type: ignore[index]
    torch.nn.utils.clip_grad_norm_(peers, 1.0)
    optimizer.step()
    peer.step()
    assert_close(ours, peers, equal_nan=True)
    assert str(optimizer.grad_norm) == str(bad)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_norm_covers_core_and_fallback_gradients(dtype: torch.dtype) -> None:
    ours = parameters(dtype, with_strided=False)
    optimizer = SGD(ours, lr=0.1, max_grad_norm=1.0)
    set_gradients(ours, 0)
    optimizer.step()
    exact = math.sqrt(sum(float(p.grad.double().square().sum()) for p in ours if p.grad is not None))
    assert optimizer.grad_norm == pytest.approx(exact, rel=1e-12)


def test_the_norm_is_none_without_clipping_and_0_without_gradients() -> None:
    ours = parameters()
    optimizer = SGD(ours, lr=0.1, max_grad_norm=1.0)
    optimizer.step()
    assert optimizer.grad_norm == 0.0
    optimizer.max_grad_norm = None
    set_gradients(ours, 0)
    optimizer.step()
    assert optimizer.grad_norm is None


@pytest.mark.parametrize(("dtype", "value"), [(torch.float16, 30_000.0), (torch.bfloat16, 1e30), (torch.float32, 1e30)])
def test_the_norm_of_strided_gradients_does_not_overflow_either(dtype: torch.dtype, value: float) -> None:
    plain, other = (nn.Parameter(lay_out(torch.zeros(1000, dtype=dtype))) for lay_out in (torch.clone, strided))
    norms = []
    for parameter in (plain, other):
        optimizer = SGD([parameter], lr=0.1, max_grad_norm=1.0)
        parameter.grad = torch.full_like(parameter, value)
        optimizer.step()
        norms.append(optimizer.grad_norm)
    expected = float(torch.tensor(value, dtype=dtype)) * math.sqrt(1000)
    assert norms == [pytest.approx(expected, rel=1e-12)] * 2
    assert_close(other.detach(), plain.detach())
