from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lrcore import RangeTestResult, StopReason
from lrcore.torch import SGD, lr_find

OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "torch SGD": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, nesterov=True),
    "lrcore SGD": lambda parameters: SGD(parameters, lr=0.01, momentum=0.9, nesterov=True),
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01),
    "fused Adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01, fused=True),
    "Adam with a tensor lr": lambda parameters: torch.optim.Adam(parameters, lr=torch.tensor(0.01)),
}


class Run:
    """A training run with dropout, BatchNorm, shuffling and a gradient scaler, whose step is a user's own."""

    def __init__(self, optimizer: str = "torch SGD", init_scale: float = 2.0**10) -> None:
        for seed in (random.seed, np.random.seed, torch.manual_seed):
            seed(7)
        self.model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
        self.optimizer = OPTIMIZERS[optimizer](self.model.parameters())
        self.scaler = torch.amp.GradScaler("cpu", init_scale=init_scale)
        inputs = torch.randn(50, 6)
        targets = (inputs[:, 0] > 0).long() + (inputs[:, 1] > 0)
        generator = torch.Generator().manual_seed(3)
        self.loader = DataLoader(TensorDataset(inputs, targets), batch_size=16, shuffle=True, generator=generator)

    def step(self, batch: Any) -> torch.Tensor:
        inputs, targets = batch
        self.optimizer.zero_grad()
        noise = random.random() + float(np.random.rand())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(self.model(inputs + 0.01 * noise), targets)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss

    def validate(self) -> tuple[torch.Tensor, float]:
        self.model.eval()
        inputs, targets = self.loader.dataset[:]
        outputs = self.model(inputs)
        assert not outputs.requires_grad
        return nn.functional.cross_entropy(outputs, targets), float((outputs.argmax(1) == targets).double().mean())

    def find(self, step: Callable[[Any], Any] | None = None, **options: Any) -> RangeTestResult:
        options = {"start_lr": 1e-4, "end_lr": 1.0, "num_iter": 20, "progress": False, **options}
        return lr_find(step or self.step, self.optimizer, self.loader, to_restore=[self.scaler], **options)

    def everything(self) -> list[Any]:
        losses = [self.step(batch).item() for _, batch in itertools.product(range(2), self.loader)]
        tensors = [*self.model.state_dict().values()]
        for state in self.optimizer.state.values():
            tensors += state.values()
        tensors += [parameter.grad for parameter in self.model.parameters()]
        draws = [random.random(), float(np.random.rand()), torch.rand(()).item()]
        modes = [module.training for module in self.model.modules()]
        return [losses, draws, modes, self.scaler.state_dict(), [bytes_of(tensor) for tensor in tensors]]


def bytes_of(tensor: torch.Tensor) -> bytes:
    return tensor.detach().numpy().tobytes()


# The transaction


def failing(run: Run, error: type[BaseException]) -> None:
    calls = itertools.count(1)

    def step(batch: Any) -> torch.Tensor:
        loss = run.step(batch)
        if next(calls) == 7:
            run.model.eval()
            raise error
        return loss

    with pytest.raises(error):
        run.find(step)


def scaled_and_broken_off(run: Run) -> None:
    def step(batch: Any) -> None:
        run.scaler.scale(run.model(batch[0]).mean()).backward()
        run.scaler.unscale_(run.optimizer)
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        run.find(step)


def with_nan(run: Run) -> None:
    calls = itertools.count()
    result = run.find(lambda batch: run.step(batch) * (math.nan if next(calls) == 6 else 1.0))
    assert (result.stop_reason, len(result.lrs)) == (StopReason.nonfinite, 7)


INTERLUDES: dict[str, Callable[[Run], Any]] = {
    "finished": lambda run: run.find(),
    "twice": lambda run: (run.find(), run.find()),
    "repeats": lambda run: run.find(repeats=2),
    "validation": lambda run: run.find(validate=run.validate),
    "effect": lambda run: run.find(align="effect", batches_per_lr=2, num_iter=10),
    "divergence": lambda run: run.find(start_lr=1.0, end_lr=1e9, divergence_factor=2.0),
    "NaN": with_nan,
    "exception in the 7th batch": lambda run: failing(run, ArithmeticError),
    "Ctrl-C": lambda run: failing(run, KeyboardInterrupt),
    "exception within a scaled update": scaled_and_broken_off,
}


@pytest.mark.parametrize("interlude", INTERLUDES)
@pytest.mark.parametrize(("optimizer", "epochs_before"), [*((name, 1) for name in OPTIMIZERS), ("Adam", 0)])
def test_training_with_and_without_lr_find_is_bit_identical(optimizer: str, interlude: str, epochs_before: int) -> None:
    results = []
    for act in (lambda run: None, INTERLUDES[interlude]):
        run = Run(optimizer)
        for _, batch in itertools.product(range(epochs_before), run.loader):
            run.step(batch)
        act(run)
        results.append(run.everything())
    assert results[0] == results[1]


def linear(lr: float = 0.01) -> tuple[nn.Linear, torch.optim.SGD, Callable[[torch.Tensor], torch.Tensor]]:
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)

    def step(batch: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        loss = (model(batch) - batch.sum(dim=1, keepdim=True) - 1).square().mean()
        loss.backward()
        optimizer.step()
        return loss

    return model, optimizer, step


BATCHES = torch.randn(5, 64, 2, generator=torch.Generator().manual_seed(1))
SHORT = {"start_lr": 1e-3, "end_lr": 1e-1, "num_iter": 5, "progress": False}


def test_modules_around_the_parameters_are_found_and_restored() -> None:
    model, optimizer, step = linear()
    norm = nn.BatchNorm1d(2, affine=False)
    whole = nn.Sequential(norm, model)

    def normed(batch: torch.Tensor) -> torch.Tensor:
        whole.eval()
        norm.train()
        norm(batch)
        return step(batch)

    lr_find(normed, optimizer, BATCHES, **SHORT)
    assert (norm.running_mean.tolist(), norm.num_batches_tracked.item()) == ([0.0, 0.0], 0)
    assert [module.training for module in whole.modules()] == [True, True, True]


class Counter:
    """Something with a state that no module holds."""

    def __init__(self) -> None:
        self.count = 0

    def state_dict(self) -> dict[str, int]:
        return {"count": self.count}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        self.count = state_dict["count"]


def test_the_listed_objects_are_restored() -> None:
    _, optimizer, step = linear()
    teacher, other, counter, generator = nn.BatchNorm1d(2), linear(), Counter(), torch.Generator()
    state = generator.get_state()

    def everything_at_once(batch: torch.Tensor) -> torch.Tensor:
        teacher.eval()
        other[2](batch)
        counter.count += 1
        torch.rand(1, generator=generator)
        return step(batch)

    lr_find(everything_at_once, optimizer, BATCHES, to_restore=(teacher, other[1], counter, generator), **SHORT)
    assert (teacher.training, counter.count, other[0].weight.grad) == (True, 0, None)
    assert other[0].weight.tolist() == linear()[0].weight.tolist()
    assert torch.equal(generator.get_state(), state)


def test_an_object_without_state_cannot_be_restored() -> None:
    _, optimizer, step = linear()
    with pytest.raises(TypeError, match="to_restore must hold objects with state_dict and load_state_dict, but got 3"):
        lr_find(step, optimizer, BATCHES, to_restore=[3], **SHORT)


def test_the_search_for_modules_runs_no_code_of_other_objects() -> None:
    class Shy:
        @property
        def __class__(self) -> type:
            pytest.fail("the object was asked for its class")

    class Unfinished(nn.Module):
        def __init__(self) -> None:
            pass

    bystanders = [Shy(), Unfinished()]
    _, optimizer, step = linear()
    assert len(lr_find(step, optimizer, BATCHES, **SHORT).lrs) == len(bystanders) + 3


# The curve


def test_the_losses_are_those_of_a_plain_loop() -> None:
    _, optimizer, step = linear()
    result = lr_find(step, optimizer, BATCHES, start_lr=1e-3, end_lr=1e-1, num_iter=8, progress=False)
    _, optimizer, step = linear()
    losses = []
    for lr, batch in zip(result.lrs, itertools.cycle(BATCHES), strict=False):
        optimizer.param_groups[0]["lr"] = float(lr)
        losses.append(step(batch).item())
    assert result.losses.tolist() == losses
    np.testing.assert_allclose(result.lrs, np.geomspace(1e-3, 1e-1, 8), rtol=1e-14)
    assert (result.lrs[0], result.lrs[-1]) == (1e-3, 1e-1)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_recorded_lr_is_the_one_that_the_update_used(optimizer: str) -> None:
    run = Run(optimizer)
    used: list[float] = []
    run.optimizer.register_step_pre_hook(lambda spied, *_: used.append(float(spied.param_groups[0]["lr"])))
    result = run.find()
    assert used == ([np.float32(lr) for lr in result.lrs] if "tensor" in optimizer else result.lrs.tolist())


def test_every_option_of_the_range_test_is_passed_on() -> None:
    _, optimizer, step = linear()
    options = {"step_mode": "linear", "batches_per_lr": 2, "align": "effect", "beta": 0.5, "min_iter": 3}
    result = lr_find(step, optimizer, BATCHES, divergence_factor=1.1, **{**SHORT, **options})
    np.testing.assert_allclose(result.lrs, np.linspace(1e-3, 1e-1, 5), rtol=1e-14)
    _, optimizer, step = linear()
    losses = []
    for lr, batch in zip(np.repeat(result.lrs, 2), itertools.cycle(BATCHES), strict=False):
        optimizer.param_groups[0]["lr"] = float(lr)
        losses.append(step(batch).item())
    losses.append(step(BATCHES[0]).item())
    np.testing.assert_allclose(result.losses, np.reshape(losses[1:], (5, 2)).mean(axis=1), rtol=1e-14)
    weights = 0.5 ** np.arange(5)
    smoothed = [np.average(result.losses[: n + 1][::-1], weights=weights[: n + 1]) for n in range(5)]
    np.testing.assert_allclose(result.smoothed_losses, smoothed, rtol=1e-12)


@pytest.mark.parametrize(("min_iter", "points"), [(0, 2), (4, 4)])
def test_min_iter_holds_off_the_verdict(min_iter: int, points: int) -> None:
    _, optimizer, step = linear()
    losses = itertools.count(1)
    result = lr_find(
        lambda batch: step(batch).item() * 0 + 10.0 ** next(losses), optimizer, BATCHES, min_iter=min_iter, **SHORT
    )
    assert (result.stop_reason, len(result.lrs)) == (StopReason.diverged, points)


def test_repeats_go_on_with_the_batches() -> None:
    _, optimizer, step = linear()
    result = lr_find(step, optimizer, BATCHES, repeats=2, **{**SHORT, "num_iter": 3})
    alone = lr_find(step, optimizer, [BATCHES[3], BATCHES[4], BATCHES[0]], **{**SHORT, "num_iter": 3})
    assert len(result.repeats) == 2
    assert result.repeats[1] == alone
    np.testing.assert_allclose(result.losses, (result.repeats[0].losses + alone.losses) / 2, rtol=1e-14)


# Learning rates of groups


def two_groups() -> tuple[torch.optim.Optimizer, torch.optim.Optimizer, Callable[[Any], float]]:
    first, second, third = (nn.Parameter(torch.ones(1)) for _ in range(3))
    sgd = torch.optim.SGD([{"params": [first]}, {"params": [second], "lr": 0.02}], lr=0.04)
    adam = torch.optim.Adam([third], lr=0.08)

    def step(batch: Any) -> float:
        sgd.step()
        adam.step()
        return 1.0

    return sgd, adam, step


@pytest.mark.parametrize(
    ("start_lr", "end_lr", "first", "last"),
    [
        (None, 1.0, [0.04, 0.02, 0.08], [1.0, 0.5, 2.0]),
        (0.5, 1.0, [0.5, 0.25, 1.0], [1.0, 0.5, 2.0]),
        ([0.1, 0.2, 0.3], 1.0, [0.1, 0.2, 0.3], [1.0, 0.5, 2.0]),
        (None, (1.0, 2.0, 3.0), [0.04, 0.02, 0.08], [1.0, 2.0, 3.0]),
    ],
)
def test_groups_keep_their_ratio_or_have_their_own_lrs(
    start_lr: Any, end_lr: Any, first: list[float], last: list[float]
) -> None:
    sgd, adam, step = two_groups()
    result = lr_find(step, [sgd, adam], "a", start_lr=start_lr, end_lr=end_lr, num_iter=3, progress=False)
    assert result.group_lrs is not None
    np.testing.assert_allclose(result.group_lrs[[0, -1]], [first, last], rtol=1e-15)
    np.testing.assert_allclose(result.group_lrs[1], np.sqrt(np.multiply(first, last)), rtol=1e-14)
    assert [group["lr"] for group in (*sgd.param_groups, *adam.param_groups)] == [0.04, 0.02, 0.08]


def test_a_single_group_has_no_table_of_group_lrs() -> None:
    _, optimizer, step = linear(lr=0.025)
    result = lr_find(step, optimizer, BATCHES, end_lr=[0.1], num_iter=3, progress=False)
    np.testing.assert_allclose(result.lrs, [0.025, 0.05, 0.1], rtol=1e-15)
    assert result.group_lrs is None


# Training steps of many kinds


def test_a_closure_does_one_update() -> None:
    model = nn.Linear(2, 1)
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=3)

    def step(batch: torch.Tensor) -> torch.Tensor:
        def closure() -> torch.Tensor:
            optimizer.zero_grad()
            loss = model(batch).square().mean()
            loss.backward()
            return loss

        return optimizer.step(closure)

    before = model.weight.tolist()
    result = lr_find(step, optimizer, BATCHES, **SHORT)
    assert (len(result.lrs), model.weight.tolist(), len(optimizer.state)) == (5, before, 0)


def test_adversaries_with_an_optimizer_each() -> None:
    generator, discriminator = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    optimizers = [torch.optim.Adam(model.parameters(), lr=1e-3) for model in (generator, discriminator)]
    before = [bytes_of(value) for model in (generator, discriminator) for value in model.state_dict().values()]
    calls = itertools.count()

    def update(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> float:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def step(real: torch.Tensor) -> tuple[float, float]:
        fake = generator(torch.randn_like(real))
        loss = update(optimizers[1], discriminator(fake.detach()).mean() - discriminator(real).mean())
        if next(calls) % 2:
            update(optimizers[0], -discriminator(fake).mean())
        return loss, 0.5

    result = lr_find(step, optimizers, BATCHES, **SHORT)
    assert len(result.losses) == 5
    assert result.metrics is not None
    assert len(result.metrics) == 5
    assert [bytes_of(value) for model in (generator, discriminator) for value in model.state_dict().values()] == before


class Sharpness(torch.optim.Optimizer):
    """Steps through an optimizer inside it whose groups it shares, and not by a step of its own."""

    def __init__(self, inner: torch.optim.Optimizer) -> None:
        super().__init__(inner.param_groups, {})
        self.inner = inner
        self.param_groups = inner.param_groups

    def second_step(self) -> None:
        self.inner.step()


class Duck:
    """No torch optimizer, but something with groups."""

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        self.param_groups = [{"params": list(parameters), "lr": 0.01}]
        self.state: dict[Any, Any] = {}

    def step(self) -> None:
        for parameter in self.param_groups[0]["params"]:
            parameter.data -= self.param_groups[0]["lr"] * parameter.grad


@pytest.mark.parametrize("kind", ["shares groups", "no torch optimizer"])
def test_other_kinds_of_optimizers_are_seen_to_update(kind: str) -> None:
    model, inner, _ = linear()
    optimizer: Any = Sharpness(inner) if kind == "shares groups" else Duck(list(model.parameters()))

    def step(batch: torch.Tensor) -> torch.Tensor:
        model.zero_grad()
        loss = (model(batch) - batch.sum(dim=1, keepdim=True) - 1).square().mean()
        loss.backward()
        optimizer.second_step() if kind == "shares groups" else optimizer.step()
        return loss

    result = lr_find(step, optimizer, BATCHES, **SHORT)
    _, plain, plain_step = linear()
    assert result == lr_find(plain_step, plain, BATCHES, **SHORT)
    assert model.weight.tolist() == linear()[0].weight.tolist()


# Updates that the optimizer did not do


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_skipped_updates_are_neither_recorded_nor_counted(optimizer: str) -> None:
    run = Run(optimizer, init_scale=2.0**127)
    run.model[4].bias.register_hook(lambda gradient: gradient * (2**20 if run.scaler.get_scale() > 2**110 else 1))
    lrs, losses, overflows = [], [], []

    def step(batch: Any) -> torch.Tensor:
        before, scale = bytes_of(run.model[0].weight), run.scaler.get_scale()
        lrs.append(float(run.optimizer.param_groups[0]["lr"]))
        loss = run.step(batch)
        losses.append(loss.item())
        overflows.append(run.scaler.get_scale() < scale)
        assert overflows[-1] == (bytes_of(run.model[0].weight) == before)
        return loss

    result = run.find(step, num_iter=5)
    updates = [update for update, overflow in enumerate(overflows) if not overflow]
    assert overflows[0]
    assert len(updates) == 5
    assert result.losses.tolist() == [losses[update] for update in updates]
    recorded = np.float32(result.lrs) if "tensor" in optimizer else result.lrs
    assert [lrs[update] for update in updates] == recorded.tolist()
    assert set(lrs[: updates[0]]) == {recorded[0]}
    assert run.scaler.get_scale() == 2.0**127


@pytest.mark.parametrize("validated", [False, True])
def test_a_non_finite_loss_stops_despite_a_skipped_update(validated: bool) -> None:
    run = Run()
    calls = itertools.count()

    def step(batch: Any) -> torch.Tensor:
        inputs, targets = batch
        return run.step((inputs * (math.inf if next(calls) == 2 else 1.0), targets))

    result = run.find(step, validate=(lambda: 1.0) if validated else None)
    assert (result.stop_reason, len(result.losses)) == (StopReason.nonfinite, 3)
    assert math.isnan(result.losses[-1])


def test_gradients_that_are_never_finite_end_the_test() -> None:
    run = Run()
    run.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, backoff_factor=0.99)

    def step(batch: Any) -> torch.Tensor:
        hook = run.model[4].bias.register_hook(lambda gradient: gradient * math.inf)
        loss = run.step(batch)
        hook.remove()
        return loss

    result = run.find(step)
    assert (result.stop_reason, len(result.losses)) == (StopReason.nonfinite, 0)


def test_accumulated_gradients_make_one_point_per_update() -> None:
    model, optimizer, _ = linear()
    calls = itertools.count(1)
    lrs = []

    def step(batch: torch.Tensor) -> torch.Tensor | None:
        lrs.append(optimizer.param_groups[0]["lr"])
        loss = model(batch).square().mean()
        loss.backward()
        if next(calls) % 3:
            return None
        optimizer.step()
        optimizer.zero_grad()
        return loss

    result = lr_find(step, optimizer, BATCHES, **SHORT)
    assert lrs == np.repeat(result.lrs, 3).tolist()


# Validation


def test_the_validation_loss_decides_beside_the_training_loss() -> None:
    model, optimizer, step = linear()
    training_losses: list[float] = []
    validation_losses: list[float] = []

    def training_step(batch: torch.Tensor) -> tuple[torch.Tensor, float]:
        loss = step(batch)
        training_losses.append(loss.item())
        return loss, 0.0

    def validate() -> torch.Tensor:
        model.eval()
        outputs = model(BATCHES[0])
        assert not outputs.requires_grad
        validation_losses.append(outputs.square().mean().item())
        return outputs.square().mean()

    def training(batch: torch.Tensor) -> tuple[torch.Tensor, float]:
        assert model.training
        return training_step(batch)

    result = lr_find(training, optimizer, BATCHES, validate=validate, **SHORT)
    assert result.losses.tolist() == validation_losses
    assert result.training_losses is not None
    assert result.training_losses.tolist() == training_losses
    assert result.metrics is not None
    assert result.metrics.tolist() == [0.0] * 5
    assert model.training


def test_a_validation_metric_overrides_the_step_metric() -> None:
    _, optimizer, step = linear()
    metrics = itertools.count()
    result = lr_find(
        lambda batch: (step(batch), -1), optimizer, BATCHES, validate=lambda: (1.0, next(metrics)), **SHORT
    )
    assert result.metrics is not None
    assert result.metrics.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


# Arguments


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"start_lr": 0.0}, ValueError, "start_lr"),
        ({"start_lr": math.nan}, ValueError, "start_lr"),
        ({"start_lr": 1.0, "end_lr": 1.0}, ValueError, r"end_lr must be greater than start_lr=1(\.0)?, but got 1"),
        ({"end_lr": 0.001}, ValueError, r"end_lr must be greater than start_lr=0\.01, but got 0\.001"),
        ({"start_lr": [0.1, 0.2]}, ValueError, "start_lr must have one value for each of the 1 param groups"),
        ({"end_lr": [0.1, 0.2]}, ValueError, "end_lr must have one value for each of the 1 param groups, but got 2"),
        ({"start_lr": "0.1"}, TypeError, "start_lr must be a number, but got '0.1'"),
        ({"num_iter": 1}, ValueError, "num_iter"),
        ({"step_mode": "log"}, ValueError, "step_mode"),
        ({"align": "next"}, ValueError, "align"),
        ({"batches_per_lr": 0}, ValueError, "batches_per_lr"),
        ({"min_iter": -1}, ValueError, "min_iter"),
        ({"beta": 1.0}, ValueError, "beta"),
        ({"divergence_factor": 1.0}, ValueError, "divergence_factor"),
        ({"repeats": 0}, ValueError, "repeats must be at least 1, but got 0"),
        ({"repeats": 1.5}, TypeError, "repeats must be an integer, but got 1.5"),
        (
            {"validate": lambda: 1.0, "align": "effect"},
            ValueError,
            "align must be 'used' with validate, which sees the effect in any case, but got 'effect'",
        ),
    ],
)
def test_bad_arguments_are_refused_before_any_update(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    _, optimizer, _ = linear()
    with pytest.raises(error, match=message):
        lr_find(pytest.fail, optimizer, BATCHES, progress=False, **arguments)


@pytest.mark.parametrize(
    ("optimizer", "error", "message"),
    [
        (3, TypeError, "optimizer must have param_groups, but got int"),
        ([], ValueError, "optimizer must be at least one, but got none"),
        ([nn.Linear(1, 1)], TypeError, "optimizer must have param_groups, but got Linear"),
    ],
)
def test_a_non_optimizer_is_refused(optimizer: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        lr_find(pytest.fail, optimizer, BATCHES, progress=False)


def test_no_ratio_to_a_group_with_lr_0() -> None:
    sgd, _, _ = two_groups()
    sgd.param_groups[0]["lr"] = 0.0
    message = "start_lr must have one value for each param group where the first has lr 0, but got 0.1"
    with pytest.raises(ValueError, match=message):
        lr_find(pytest.fail, sgd, "a", start_lr=0.1, progress=False)


def test_empty_batches_are_refused() -> None:
    _, optimizer, step = linear()
    with pytest.raises(ValueError, match=r"batches must hold at least one batch, but \[\] is empty"):
        lr_find(step, optimizer, [], **SHORT)


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (None, TypeError, "the loss of step_fn must be a number, but got None"),
        (torch.ones(2), ValueError, r"the loss of step_fn must have one element, but got a tensor of shape \(2,\)"),
        ((1.0, 2.0, 3.0), ValueError, r"step_fn must return a loss or \(loss, metric\), but got a tuple of 3"),
        ((1.0, "x"), TypeError, "the metric of step_fn must be a number, but got 'x'"),
        (torch.tensor(1j), TypeError, "the loss of step_fn must be a number, but got 1j"),
    ],
)
def test_a_step_that_returns_no_loss_is_refused(returned: Any, error: type[Exception], message: str) -> None:
    model, optimizer, step = linear()
    before = model.weight.tolist()
    with pytest.raises(error, match=message):
        lr_find(lambda batch: (step(batch), returned)[1], optimizer, BATCHES, **SHORT)
    assert model.weight.tolist() == before


@pytest.mark.parametrize("loss", [torch.tensor([[2.0]]), np.float32(2.0), 2], ids=["tensor", "NumPy", "int"])
def test_losses_of_every_kind_of_number_are_taken(loss: Any) -> None:
    _, optimizer, step = linear()
    result = lr_find(lambda batch: (step(batch), loss)[1], optimizer, BATCHES, **SHORT)
    assert result.losses.tolist() == [2.0] * 5
