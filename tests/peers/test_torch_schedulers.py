"""Every class under one of torch's names writes the values that torch's own class writes."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from torch.optim import lr_scheduler

import lrcore.torch
from tests.support.torch_runs import ARGUMENTS, CASES, OPTIMIZERS, ours, run, torchs

STEPS = 400


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_values_are_those_of_torch(name: str, arguments: dict[str, Any], optimizer: str) -> None:
    optimizers = OPTIMIZERS[optimizer](), OPTIMIZERS[optimizer]()
    mine = run(optimizers[0], ours(name)(optimizers[0], **arguments), STEPS)
    peer = run(optimizers[1], torchs(name)(optimizers[1], **arguments), STEPS)
    # torch multiplies from step to step, so that its values near 0 are off by what its larger ones have lost.
    np.testing.assert_allclose(mine, peer, rtol=1e-12, atol=1e-12 if name in ("CosineAnnealingLR", "SWALR") else 1e-15)


@pytest.mark.parametrize("name", [*ARGUMENTS, "SequentialLR", "ChainedScheduler"])
def test_the_signature_is_torchs(name: str) -> None:
    def shape(function: Any) -> list[tuple[str, Any]]:
        return [
            (each.name, each.default)
            for each in inspect.signature(function).parameters.values()
            if each.name != "verbose"  # gone since torch 2.7
        ]

    assert shape(ours(name)) == shape(torchs(name))


def test_no_class_of_torch_is_missing() -> None:
    names = set(lr_scheduler.__all__) - {"LambdaLR", "MultiplicativeLR", "LRScheduler"}
    assert names < set(lrcore.torch.__all__)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_reported_values_are_the_written_ones(name: str, arguments: dict[str, Any]) -> None:
    optimizer = OPTIMIZERS["sgd"]()
    scheduler = ours(name)(optimizer, **arguments)
    assert isinstance(scheduler, lr_scheduler.LRScheduler)
    for step in range(12):
        assert scheduler.get_last_lr() == scheduler.get_lr() == [group["lr"] for group in optimizer.param_groups]
        assert (scheduler.last_epoch, scheduler._step_count) == (step, step + 1)
        scheduler.step()


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_base_lrs_are_those_of_torch(name: str, arguments: dict[str, Any]) -> None:
    optimizers = OPTIMIZERS["sgd"](), OPTIMIZERS["sgd"]()
    mine, peer = ours(name)(optimizers[0], **arguments), torchs(name)(optimizers[1], **arguments)
    np.testing.assert_allclose(mine.base_lrs, peer.base_lrs, rtol=1e-15)


# Combinations


def sequence(library: Any, optimizer: Any) -> Any:
    parts = [
        library.LinearLR(optimizer, 0.1, total_iters=10),
        library.CosineAnnealingLR(optimizer, 100, 1e-3),
        library.StepLR(optimizer, 30),
    ]
    return library.SequentialLR(optimizer, parts, [10, 110])


def chain(library: Any, optimizer: Any) -> Any:
    parts = [
        library.ConstantLR(optimizer, 0.5, 20),
        library.ExponentialLR(optimizer, 0.99),
        library.MultiStepLR(optimizer, [40, 60], 0.3),
        library.PolynomialLR(optimizer, 450, 0.9),
    ]
    return library.ChainedScheduler(parts, optimizer)


@pytest.mark.parametrize("combine", [sequence, chain])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_combinations_are_those_of_torch(combine: Any, optimizer: str) -> None:
    optimizers = OPTIMIZERS[optimizer](), OPTIMIZERS[optimizer]()
    mine = run(optimizers[0], combine(lrcore.torch, optimizers[0]), STEPS)
    peer = run(optimizers[1], combine(lr_scheduler, optimizers[1]), STEPS)
    np.testing.assert_allclose(mine, peer, rtol=1e-12, atol=1e-14)


def test_torchs_sequence_takes_our_schedulers() -> None:
    optimizers = OPTIMIZERS["sgd"](), OPTIMIZERS["sgd"]()
    mine = lr_scheduler.SequentialLR(
        optimizers[0],
        [lrcore.torch.LinearLR(optimizers[0], 0.1), lrcore.torch.ExponentialLR(optimizers[0], 0.9)],
        [10],
    )
    peer = lr_scheduler.SequentialLR(
        optimizers[1], [lr_scheduler.LinearLR(optimizers[1], 0.1), lr_scheduler.ExponentialLR(optimizers[1], 0.9)], [10]
    )
    np.testing.assert_allclose(run(optimizers[0], mine, 40), run(optimizers[1], peer, 40), rtol=1e-13)


@pytest.mark.filterwarnings("ignore:`torch.jit.:DeprecationWarning")  # ignite's own imports
def test_ignite_takes_our_schedulers() -> None:
    from ignite.handlers import LRScheduler as IgniteScheduler

    optimizers = OPTIMIZERS["sgd"](), OPTIMIZERS["sgd"]()
    lrs = []
    for optimizer, library in zip(optimizers, (lrcore.torch, lr_scheduler), strict=True):
        handler = IgniteScheduler(library.StepLR(optimizer, 3))
        lrs.append([])
        for _ in range(10):
            handler(None)
            lrs[-1].append([group["lr"] for group in optimizer.param_groups])
            optimizer.step()
    np.testing.assert_allclose(*lrs, rtol=1e-14)


def test_accelerate_may_count_micro_batches() -> None:
    scheduler = lrcore.torch.StepLR(OPTIMIZERS["sgd"](), 3)
    scheduler._step_count += 1
    assert scheduler._step_count == 1
