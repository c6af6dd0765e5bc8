"""Every schedule that takes `compat`, written as on a command line, against each of the peers that it may name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
import transformers
from torch.optim import lr_scheduler

from lrcore import Linear, OneCycle, PiecewiseLinear, Sequence, Tanh, Warmup, parse_schedule
from lrcore.schedules._registry import SCHEDULES

STEPS = 450
Lrs = Callable[..., "np.ndarray[Any, Any]"]

TORCH = {
    "linear(0.02, 0.1, 100)": "LinearLR(optimizer, 0.2, 1.0, 100)",
    "step(0.1, 30)": "StepLR(optimizer, 30)",
    "multi_step(0.1, [0, 30, 80, 80])": "MultiStepLR(optimizer, [0, 30, 80, 80])",
    "polynomial(0.1, 400)": "PolynomialLR(optimizer, 400)",
    "cosine(0.1, 100, 1e-3)": "CosineAnnealingLR(optimizer, 100, 1e-3)",
    "cosine_restarts(0.1, 50, min_lr=1e-3)": "CosineAnnealingWarmRestarts(optimizer, 50, eta_min=1e-3)",
    "cosine_restarts(0.1, 50, 2)": "CosineAnnealingWarmRestarts(optimizer, 50, 2)",
    "warmup(cosine(0.1, 100, 1e-3, end='mirror'), 20)": (
        "SequentialLR(optimizer, [LinearLR(optimizer, total_iters=20), CosineAnnealingLR(optimizer, 100, 1e-3)], [20])"
    ),
}
KERAS = {
    "piecewise_constant([100, 300], [1.0, 0.1, 0.01])": (
        "PiecewiseConstantDecay([100, 300], [float64(1.0), float64(0.1), float64(0.01)])"
    ),
    "polynomial(0.1, 400)": "PolynomialDecay(float64(0.1), 400)",
    "polynomial(0.1, 40, power=2, cycle=True)": "PolynomialDecay(float64(0.1), 40, power=2.0, cycle=True)",
    "cosine(0.1, 400, alpha=0.01)": "CosineDecay(float64(0.1), 400, 0.01)",
    "cosine_restarts(0.1, 64)": "CosineDecayRestarts(float64(0.1), 64)",
    "warmup(cosine(0.1, 300, alpha=0.1), 50, start_lr=0.01)": (
        "CosineDecay(float64(0.01), 300, 0.1, warmup_target=float64(0.1), warmup_steps=50)"
    ),
}
OPTAX = {
    "linear(0.1, 0.01, 400)": "optax.linear_schedule(0.1, 0.01, 400)",
    "piecewise_constant([100, 300], [0.1, 0.05, 0.02])": (
        "optax.piecewise_constant_schedule(0.1, {100: 0.5, 300: 0.4})"
    ),
    "polynomial(0.1, 400, 1e-3, 2)": "optax.polynomial_schedule(0.1, 1e-3, 2, 400)",
    "cosine(0.1, 400, alpha=0.1, exponent=1.5)": "optax.cosine_decay_schedule(0.1, 400, 0.1, 1.5)",
    "one_cycle(0.1, 400)": "optax.cosine_onecycle_schedule(400, 0.1)",
    "one_cycle(0.1, 400, 0.001)": "optax.cosine_onecycle_schedule(400, 0.1, 0.001)",
    "one_cycle(0.1, 399, 0.333, 'cos', 10, 100)": "optax.cosine_onecycle_schedule(399, 0.1, 0.333, 10, 100)",
    "warmup(cosine(0.1, 350, 1e-3), 50)": "optax.warmup_cosine_decay_schedule(0.0, 0.1, 50, 400, 1e-3)",
}
TIMM = {
    "step(0.1, 30)": "StepLRScheduler(optimizer, 30)",
    "step(0.1, 30, 0.3)": "StepLRScheduler(optimizer, 30, 0.3)",
    "multi_step(0.1, [30, 80])": "MultiStepLRScheduler(optimizer, [30, 80])",
    "multi_step(0.1, [0, 1, 30, 80, 80], 0.3)": "MultiStepLRScheduler(optimizer, [0, 1, 30, 80, 80], 0.3)",
    "polynomial(0.1, 400, 1e-3)": "PolyLRScheduler(optimizer, 400, lr_min=1e-3)",
    "cosine(0.1, 400, 1e-3)": "CosineLRScheduler(optimizer, 400, 1e-3)",
    "cosine_restarts(0.1, 50, 1.5, 0.5, 0.02)": "CosineLRScheduler(optimizer, 50, 0.02, 1.5, 0.5)",
    "cosine_restarts(0.1, 50, 1.5, 0.5, 0.02, 3)": "CosineLRScheduler(optimizer, 50, 0.02, 1.5, 0.5, 3)",
    "warmup_stable_decay(0.1, 40, 220, 150, 1e-3)": "WSDLRScheduler(optimizer, 370, 150, 1e-3, warmup_t=40)",
    "warmup(cosine(0.1, 400, 1e-3), 50)": "CosineLRScheduler(optimizer, 400, 1e-3, warmup_t=50)",
    "warmup(cosine(0.1, 300, 1e-3), 50, start_lr=0.2, prefix=True)": (
        "CosineLRScheduler(optimizer, 300, 1e-3, warmup_t=50, warmup_lr_init=0.2, warmup_prefix=True)"
    ),
    "warmup(multi_step(0.1, [29, 79], 0.3), 50)": "MultiStepLRScheduler(optimizer, [30, 80], 0.3, warmup_t=50)",
    "warmup(step(0.1, 30, 0.3), 50)": "StepLRScheduler(optimizer, 30, 0.3, warmup_t=50)",
}
TRANSFORMERS = {
    "linear(0.1, 0.0, 400)": "get_linear_schedule_with_warmup(optimizer, 0, 400)",
    "polynomial(0.1, 400)": "get_polynomial_decay_schedule_with_warmup(optimizer, 0, 400)",
    "cosine(0.1, 100)": "get_cosine_schedule_with_warmup(optimizer, 0, 100)",
    "cosine(0.1, 100, 1e-3)": "get_cosine_with_min_lr_schedule_with_warmup(optimizer, 0, 100, min_lr=1e-3)",
    "cosine_restarts(0.1, 400)": "get_cosine_with_hard_restarts_schedule_with_warmup(optimizer, 0, 400)",
    "cosine_restarts(0.1, 100, cycles=4)": "get_cosine_with_hard_restarts_schedule_with_warmup(optimizer, 0, 400, 4)",
    "warmup_stable_decay(0.1, 40, 220, 150, 1e-3)": (
        "get_wsd_schedule(optimizer, 40, 150, num_stable_steps=220, min_lr_ratio=0.01)"
    ),
    "warmup(cosine(0.1, 150, end='mirror'), 50)": "get_cosine_schedule_with_warmup(optimizer, 50, 200)",
}
FASTAI = {
    "linear(0.1, 0.01, 450)": "SchedLin(0.1, 0.01)",
    "exponential(0.1, 1e-4, 450)": "SchedExp(0.1, 1e-4)",
    "cosine(0.1, 450, 1e-3)": "SchedCos(0.1, 1e-3)",
    "cosine_restarts(0.1, 150)": "combine_scheds([150 / 450, 300 / 450], [SchedCos(0.1, 0.0)] * 2)",
    "one_cycle(0.1, 450)": "combined_cos(0.25, 0.1 / 25, 0.1, 0.1 / 1e5)",
    "one_cycle(0.1, 450, 0.33, 'cos', 10, 300)": "combined_cos(0.33, 0.1 / 10, 0.1, 0.1 / 300)",
    "warmup_stable_decay(0.1, 0, 360, 90)": "combined_cos(0.8, 0.1, 0.1, 0.1 / 1e5)",
}


def agrees(written: str, peer: str, theirs: Any, rtol: float = 1e-12, atol: float = 2e-17) -> None:
    schedule = parse_schedule(f"{written[:-1]}, compat={peer!r})")
    np.testing.assert_allclose(schedule.values(0, len(theirs)), theirs, rtol, atol)


@pytest.mark.parametrize("ours", TORCH)
def test_as_torch(ours: str, torch_lrs: Lrs) -> None:
    agrees(ours, "torch", torch_lrs(lambda optimizer: of(vars(lr_scheduler), TORCH[ours], optimizer), 0.1, STEPS))


def test_one_cycle_as_torch_to_the_end_of_torchs(torch_lrs: Lrs) -> None:
    peer = torch_lrs(lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, 400, cycle_momentum=False), 0.1, 400)
    agrees("one_cycle(0.1, 400)", "torch", peer)


# Keras holds its defaults, pi and the lengths of its cosines in float32.
@pytest.mark.parametrize("ours", KERAS)
def test_as_keras(ours: str) -> None:
    names = {"float64": np.float64, **vars(keras.optimizers.schedules)}
    theirs = [float(keras.ops.convert_to_numpy(of(names, KERAS[ours])(step))) for step in range(STEPS)]
    agrees(ours, "keras", theirs, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("ours", OPTAX)
def test_as_optax(ours: str, optax_lrs: Lrs) -> None:
    agrees(ours, "optax", optax_lrs(OPTAX[ours], STEPS))


@pytest.mark.parametrize("ours", TIMM)
def test_as_timm(ours: str, timm_lrs: Lrs) -> None:
    agrees(ours, "timm", timm_lrs(TIMM[ours]))


@pytest.mark.parametrize("ours", TRANSFORMERS)
def test_as_transformers(ours: str, torch_lrs: Lrs) -> None:
    function, arguments = TRANSFORMERS[ours].split("(", 1)
    names = {function: getattr(transformers, function)}
    theirs = torch_lrs(lambda optimizer: of(names, f"{function}({arguments}", optimizer), 0.1, STEPS)
    agrees(ours, "transformers", theirs)


@pytest.mark.parametrize("ours", FASTAI)
def test_as_fastai(ours: str, peers: Any) -> None:
    agrees(ours, "fastai", peers("fastai", FASTAI[ours]))


def test_transformers_cosine_with_warmup_is_a_sequence(torch_lrs: Lrs) -> None:
    variant = "get_cosine_with_min_lr_schedule_with_warmup_lr_rate"
    peer = torch_lrs(lambda optimizer: getattr(transformers, variant)(optimizer, 50, 200, min_lr=1e-3), 0.1, STEPS)
    rise, fall = "warmup(constant(0.1), 50, first='1/W')", "offset(cosine(0.1, 150, 1e-3, end='mirror'), 1)"
    ours = parse_schedule(f"sequence([{rise}, {fall}], [50])").values(0, STEPS)
    np.testing.assert_allclose(ours, peer, rtol=1e-12)


def of(names: dict[str, Any], expression: str, optimizer: torch.optim.Optimizer | None = None) -> Any:
    return eval(expression, {**names, "optimizer": optimizer})


def test_no_schedule_and_peer_are_left_out() -> None:
    cases = {"torch": TORCH, "keras": KERAS, "optax": OPTAX, "timm": TIMM, "transformers": TRANSFORMERS}
    tested = {(ours.split("(")[0], peer) for peer, pairs in (cases | {"fastai": FASTAI}).items() for ours in pairs}
    assert tested | {("one_cycle", "torch")} == {(cls.name, peer) for cls in SCHEDULES for peer in cls.peers}


def test_optax_linear_one_cycle_is_piecewise_linear(optax_lrs: Any) -> None:
    for arguments in ({"anneal_strategy": "linear"}, {"three_phase": True}):
        with pytest.raises(ValueError, match=r"^optax's one-cycle in lines .* write it as a PiecewiseLinear$"):
            OneCycle(0.1, 100, compat="optax", **arguments)
    peer = optax_lrs("optax.linear_onecycle_schedule(400, 0.1)", 450)
    ours = PiecewiseLinear([0, int(0.3 * 400), int(0.85 * 400), 400], [0.1 / 25, 0.1, 0.1 / 25, 0.1 / 25 / 1e4])
    np.testing.assert_allclose(ours.values(0, 450), peer, rtol=1e-12, atol=2e-17)


def test_optax_one_cycle_without_a_fall_loses_a_boundary(optax_lrs: Any) -> None:
    """Its two joints on step T are one key of a dict, and the later one wins."""
    assert optax_lrs("optax.cosine_onecycle_schedule(40, 0.1, 1.0)", 41)[[0, 40]].tolist() == [0.004, 1.6e-8]
    assert OneCycle(0.1, 40, 1.0, compat="optax").values(0, 50)[[0, 40, 49]].tolist() == [0.004, 0.1, 0.1]


def test_timms_warmup_of_a_tanh_is_a_sequence(timm_lrs: Any) -> None:
    with pytest.raises(ValueError, match=r"^base must not be a Tanh with compat='timm'"):
        Warmup(Tanh(0.1, 400), 50, compat="timm")

    peer = timm_lrs("TanhLRScheduler(optimizer, 400, lr_min=1e-3, warmup_t=50)")
    tanh = Tanh(0.1, 400, min_lr=1e-3)
    ours = Sequence([Linear(0.0, tanh(50), 51), parse_schedule("offset(tanh(0.1, 400, min_lr=1e-3), 50)")], [50])
    np.testing.assert_allclose(ours.values(0, 450), peer, rtol=1e-12)
