"""Cosine shapes, inverse root, tanh, Noam and warmup-stable-decay against optax, timm and transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from lrcore import Cosine, InverseSqrt, Noam, Schedule, Tanh, WarmupStableDecay

STEPS = 450
close = np.testing.assert_allclose


@pytest.fixture
def transformers_lrs() -> Callable[..., list[float]]:
    """The learning rates of a transformers schedule for lr 0.1."""

    def lrs(name: str, **keywords: Any) -> list[float]:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        factor = getattr(transformers, name)(optimizer, **keywords).lr_lambdas[0]
        return [0.1 * factor(step) for step in range(STEPS)]

    return lrs


def test_noam_matches_allennlp_without_its_repeated_first_step() -> None:
    """AllenNLP's formula, whose step 0 repeats its step 1: from there on ours, one update later."""
    peer = [0.7 * 512**-0.5 * min(s**-0.5, s * 40**-1.5) for s in (max(step, 1) for step in range(STEPS + 1))]
    assert peer[0] == peer[1]
    close(Noam(512, 40, 0.7).values(0, STEPS), peer[1:], rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("exponent", [1.0, 0.5, 2.0])
def test_cosine_with_an_exponent_matches_optax(exponent: float, alpha: float, optax_lrs: Callable[..., Any]) -> None:
    theirs = optax_lrs(f"optax.cosine_decay_schedule(0.1, 400, {alpha}, {exponent})", STEPS)
    close(Cosine(0.1, 400, exponent=exponent, alpha=alpha).values(0, STEPS), theirs, rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize("k", [0.5, 1.0, 2.0, 3.7])
def test_cosine_with_k_matches_timm(k: float, timm_lrs: Callable[..., Any]) -> None:
    theirs = timm_lrs(f"CosineLRScheduler(optimizer, 400, 1e-3, k_decay={k})")
    close(Cosine(0.1, 400, 1e-3, k=k).values(0, STEPS), theirs, rtol=1e-12)


@pytest.mark.parametrize(("lower", "upper"), [(-7.0, 3.0), (-2.0, 5.0)])
def test_tanh_matches_timm(lower: float, upper: float, timm_lrs: Callable[..., Any]) -> None:
    theirs = timm_lrs(f"TanhLRScheduler(optimizer, 400, lb={lower}, ub={upper}, lr_min=1e-3)")
    close(Tanh(0.1, 400, lower, upper, 1e-3).values(0, STEPS), theirs, rtol=1e-12)


@pytest.mark.parametrize(("warmup_steps", "timescale"), [(0, 10_000), (50, 50), (50, 7)])
def test_inverse_sqrt_matches_transformers(
    warmup_steps: int, timescale: int, transformers_lrs: Callable[..., Any]
) -> None:
    theirs = transformers_lrs("get_inverse_sqrt_schedule", num_warmup_steps=warmup_steps, timescale=timescale)
    close(InverseSqrt(0.1, timescale, warmup_steps).values(0, STEPS), theirs, rtol=1e-12)


@pytest.mark.parametrize("min_lr", [0.0, 1e-3])
@pytest.mark.parametrize(
    ("decay", "theirs"),
    [("1-sqrt", "1-sqrt"), ("linear", "linear"), ("cosine", "cosine"), ("exponential", "exp"), ("power", "power")],
)
def test_warmup_stable_decay_matches_timm(decay: str, theirs: str, min_lr: float, timm_lrs: Callable[..., Any]) -> None:
    options = f"warmup_t=40, warmup_lr_init=1e-2, decay_fn={theirs!r}, decay_power=1.7"
    peer = timm_lrs(f"WSDLRScheduler(optimizer, 370, 150, {min_lr}, {options})")
    ours = WarmupStableDecay(0.1, 40, 220, 150, min_lr, decay, decay_power=1.7, warmup_start_lr=1e-2)
    close(ours.values(0, STEPS), peer, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("min_lr_ratio", [0.0, 0.01])
@pytest.mark.parametrize("decay", ["cosine", "linear", "1-sqrt"])
def test_warmup_stable_decay_matches_transformers(
    decay: str, min_lr_ratio: float, transformers_lrs: Callable[..., Any]
) -> None:
    theirs = transformers_lrs(
        "get_wsd_schedule",
        num_warmup_steps=40,
        num_stable_steps=220,
        num_decay_steps=150,
        decay_type=decay,
        min_lr_ratio=min_lr_ratio,
    )
    floor = 0.1 * min_lr_ratio
    ours = WarmupStableDecay(0.1, 40, 220, 150, floor, decay, warmup_start_lr=floor)
    close(ours.values(0, STEPS), theirs, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(
    "schedule", [Cosine(0.1, 300), Tanh(0.1, 300), WarmupStableDecay(0.1, 50, 100, 150)], ids=lambda s: s.name
)
def test_none_rises_again_past_its_end(schedule: Schedule) -> None:
    """transformers' cosine is at half of its peak again at 1.5 times its length, and PyTorch's too."""
    assert schedule.values(300, 1000).tolist() == [0.0] * 700
