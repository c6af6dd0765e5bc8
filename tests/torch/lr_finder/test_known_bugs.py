"""Inputs to refuse by name, and inputs on which other learning-rate finders fail.

An id begins with the finder that fails, or with the upstream issue that asks for the behaviour.
"""

from __future__ import annotations

import itertools
import math
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from lrcore import RangeTestResult, StopReason
from lrcore.torch import LRFinder

mse = nn.functional.mse_loss
ONE = torch.ones(1, 1, dtype=torch.float64)
BATCHES = [(ONE, 0 * ONE)]


class Decay(nn.Module):
    """w * input, w = 1 at first: on half the square of that, an update with lr multiplies w by 1 - lr."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.w * inputs


def half_square(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (outputs - targets).square().mean() / 2


def sgd(model: nn.Module, **options: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), **{"lr": 0.5, **options})


def finder(model: nn.Module | None = None, criterion: Any = half_square, **options: Any) -> LRFinder:
    model = Decay() if model is None else model
    return LRFinder(model, options.pop("optimizer", None) or sgd(model), criterion, **options)


def find(found: LRFinder, loader: Any = BATCHES, **options: Any) -> RangeTestResult:
    options = {"start_lr": 0.01, "end_lr": 0.16, "num_iter": 5, "progress": False, **options}
    return found.range_test(loader, **options)


def losses_of(lrs: np.ndarray) -> np.ndarray:
    """The losses of `Decay` at updates with these learning rates."""
    return np.cumprod(np.concatenate([[1.0], 1 - lrs[:-1]])) ** 2 / 2


def spied_lrs(optimizer: torch.optim.Optimizer) -> list[float]:
    used: list[float] = []
    optimizer.register_step_pre_hook(lambda spied, *_: used.append(float(spied.param_groups[0]["lr"])))
    return used


def altered(change: Callable[[int, torch.Tensor], torch.Tensor]) -> Callable[..., torch.Tensor]:
    """A criterion whose result at call i is change(i, loss)."""
    calls = itertools.count()
    return lambda outputs, targets: change(next(calls), half_square(outputs, targets))


# Named errors

Case = tuple[dict[str, Any], Any, dict[str, Any], type[Exception], str]
REFUSED: dict[str, Case] = {
    "torch-lr-finder: start_lr=0 was ignored": ({}, BATCHES, {"start_lr": 0}, ValueError, "start_lr must .* but got 0"),
    "torch-lr-finder: start_lr=-1 became complex": (
        {},
        BATCHES,
        {"start_lr": -1.0},
        ValueError,
        "start_lr must .* but got -1",
    ),
    "torch-lr-finder: end_lr=0 was accepted": ({}, BATCHES, {"end_lr": 0.0}, ValueError, "end_lr must .* but got 0"),
    "torch-lr-finder: start_lr > end_lr was accepted": (
        {},
        BATCHES,
        {"start_lr": 1.0, "end_lr": 0.1},
        ValueError,
        r"end_lr must be greater than start_lr=1(\.0)?, but got 0\.1",
    ),
    "torch-lr-finder: start_lr = end_lr was accepted": (
        {},
        BATCHES,
        {"start_lr": 1.0, "end_lr": 1.0},
        ValueError,
        r"end_lr must be greater than start_lr=1(\.0)?, but got 1",
    ),
    "torch-lr-finder: the optimizer's lr above end_lr was accepted": (
        {},
        BATCHES,
        {"start_lr": None, "end_lr": 0.1},
        ValueError,
        r"end_lr must be greater than start_lr=0\.5, but got 0\.1",
    ),
    "torch-lr-finder: diverge_th=0.5 stopped after one point": (
        {},
        BATCHES,
        {"diverge_th": 0.5},
        ValueError,
        "diverge_th must be finite and greater than 1, but got 0.5",
    ),
    "torch-lr-finder: diverge_th=nan never stopped": (
        {},
        BATCHES,
        {"diverge_th": math.nan},
        ValueError,
        "diverge_th .* got nan",
    ),
    "torch-lr-finder: a start_lr for another number of groups": (
        {},
        BATCHES,
        {"start_lr": [0.1, 0.2]},
        ValueError,
        "start_lr must have one value for each of the 1 param groups, but got 2",
    ),
    "torch-lr-finder: an end_lr for another number of groups": (
        {},
        BATCHES,
        {"end_lr": [0.1, 0.2, 0.3]},
        ValueError,
        "end_lr must have one value for each of the 1 param groups, but got 3",
    ),
    "torch-lr-finder: an empty loader gave a bare StopIteration": (
        {},
        [],
        {},
        ValueError,
        r"train_loader must hold at least one batch, but \[\] is empty",
    ),
    "torch-lr-finder: num_iter=1": ({}, BATCHES, {"num_iter": 1}, ValueError, "num_iter must .* but got 1"),
    "torch-lr-finder: num_iter=10.0": (
        {},
        BATCHES,
        {"num_iter": 10.0},
        TypeError,
        "num_iter must be an integer, but got 10.0",
    ),
    "torch-lr-finder: smooth_f=-0.1": (
        {},
        BATCHES,
        {"smooth_f": -0.1},
        ValueError,
        "smooth_f must be between 0 and 1, but got -0",
    ),
    "torch-lr-finder: smooth_f=1.1": (
        {},
        BATCHES,
        {"smooth_f": 1.1},
        ValueError,
        "smooth_f must be between 0 and 1, but got 1.1",
    ),
    "torch-lr-finder: an unknown step_mode": (
        {},
        BATCHES,
        {"step_mode": "cosine"},
        ValueError,
        "step_mode must .* 'cosine'",
    ),
    "torch-lr-finder: accumulation_steps=0 lost the loss": (
        {},
        BATCHES,
        {"accumulation_steps": 0},
        ValueError,
        "accumulation_steps must be at least 1, but got 0",
    ),
    "torch-lr-finder: a loader with fewer batches than one update": (
        {},
        iter(BATCHES * 2),
        {"accumulation_steps": 3},
        ValueError,
        "train_loader must hold at least 3 batches, but .* holds 2",
    ),
    "torch-lr-finder: an unknown amp_backend": (
        {"amp_backend": "native"},
        BATCHES,
        {},
        ValueError,
        "amp_backend must be 'torch' or None, but got 'native'",
    ),
    "torch-lr-finder: an unknown argument in amp_config": (
        {"amp_backend": "torch", "amp_config": {"opt_level": "O1"}},
        BATCHES,
        {},
        TypeError,
        "opt_level",
    ),
    "MONAI: amp=True did nothing": (
        {"amp_backend": True},
        BATCHES,
        {},
        ValueError,
        "amp_backend must be .* but got True",
    ),
    "Lightning#2804: apex": (
        {"amp_backend": "apex"},
        BATCHES,
        {},
        ValueError,
        "amp_backend 'apex' is not supported: use 'torch'",
    ),
    "ignite: an lr in quotes": (
        {},
        BATCHES,
        {"start_lr": "1e-3"},
        TypeError,
        "start_lr must be a number, but got '1e-3'",
    ),
    "fastai#1751: a cache_dir that is not there": (
        {"memory_cache": False, "cache_dir": "/nowhere/at/all"},
        BATCHES,
        {},
        ValueError,
        "cache_dir must be an existing folder, but got '/nowhere/at/all'",
    ),
    "torch-lr-finder#37: batches that are one tensor": (
        {},
        [ONE],
        {},
        ValueError,
        "but got Tensor: .*TrainDataLoaderIter.*lr_find",
    ),
    "torch-lr-finder#37: mappings without targets": (
        {},
        [{"x": ONE}],
        {},
        ValueError,
        "but got dict with the keys 'x': .*lr_find",
    ),
    "torch-lr-finder#61: several losses": (
        {"criterion": lambda outputs, targets: torch.stack([outputs, targets])},
        BATCHES,
        {},
        ValueError,
        r"criterion must return a loss of one number, but got a tensor of shape \(2, 1, 1\)",
    ),
    "torch-lr-finder#55: a model without criterion that gives no loss": (
        {"criterion": None, "model": nn.Identity(), "optimizer": sgd(Decay())},
        [{"input": ONE}],
        {},
        ValueError,
        "the loss must depend on a parameter that requires a gradient, but depends on none",
    ),
    "torch-lr-finder#81: an optimizer of another model": (
        {"optimizer": sgd(Decay())},
        BATCHES,
        {},
        ValueError,
        "optimizer must hold parameters that the loss depends on, but none has got a gradient",
    ),
    "torch-lr-finder#81: something that is no optimizer": (
        {"optimizer": [sgd(Decay()), sgd(Decay())]},
        BATCHES,
        {},
        TypeError,
        "optimizer must have param_groups, but got list",
    ),
    "an optimizer that needs a closure": (
        {"optimizer": torch.optim.LBFGS(Decay().parameters())},
        BATCHES,
        {},
        ValueError,
        "optimizer must do an update without a closure, but got LBFGS: use lrcore.torch.lr_find",
    ),
    "keras_lr_finder#7: a scheduler that has warmed nothing up yet": (
        {"optimizer": sgd(Decay(), lr=0.0)},
        BATCHES,
        {"start_lr": None},
        ValueError,
        "start_lr must .* but got 0",
    ),
}


@pytest.mark.parametrize(("built", "loader", "options", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_a_bad_input_is_refused_by_name_and_changes_nothing(
    built: dict[str, Any], loader: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    model = Decay()
    state = torch.get_rng_state()
    with pytest.raises(error, match=message):
        find(finder(**{"model": model, **built}), loader, **options)
    assert (model.w.item(), model.w.grad, model.training) == (1.0, None, True)
    assert torch.equal(torch.get_rng_state(), state)


# Right answers

ANSWERS: dict[str, Callable[[], None]] = {}


def case(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def add(answer: Callable[[], None]) -> Callable[[], None]:
        ANSWERS[name] = answer
        return answer

    return add


@case("torch-lr-finder: an end_lr for each group")
def _() -> None:
    model, other = Decay(), nn.Parameter(torch.ones(()))
    optimizer = torch.optim.SGD([{"params": [model.w]}, {"params": [other]}], lr=0.1)
    result = find(finder(model, optimizer=optimizer), end_lr=[0.16, 0.32])
    assert result.group_lrs is not None
    assert result.group_lrs[-1].tolist() == [0.16, 0.32]


@case("torch-lr-finder: a second test without reset")
def _() -> None:
    found = finder()
    first = find(found)
    assert find(found) == first
    assert "initial_lr" not in found.optimizer.param_groups[0]


@case("torch-lr-finder: an exception left the lr behind")
def _() -> None:
    found = finder(criterion=altered(lambda i, loss: loss if i < 3 else 1 / 0))
    with pytest.raises(ZeroDivisionError):
        find(found)
    assert (found.optimizer.param_groups[0]["lr"], found.model.w.item()) == (0.5, 1.0)


@case("torch-lr-finder: the second reset spoilt Adam's state")
def _() -> None:
    model = Decay()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    found = finder(model, optimizer=optimizer)

    def train() -> None:
        optimizer.zero_grad()
        half_square(model(ONE), 0 * ONE).backward()
        optimizer.step()

    def state() -> list[Any]:
        return [model.w.item(), *(float(value) for value in optimizer.state[model.w].values())]

    train()
    before = state()
    find(found)
    assert state() == before
    for _ in range(3):
        train()
        assert state() != before
        found.reset()
        assert state() == before


@case("torch-lr-finder: reset before any test")
def _() -> None:
    found = finder()
    found.reset()
    assert found.model.w.item() == 1.0


@case("torch-lr-finder: validation left the model in evaluation mode")
def _() -> None:
    found = finder()
    find(found, val_loader=BATCHES)
    assert found.model.training


@case("torch-lr-finder: a frozen BatchNorm was thawed")
def _() -> None:
    model = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1)).double()
    model[1].eval()
    modes = []
    find(finder(model, altered(lambda _, loss: (modes.append(model[1].training), loss)[1])), val_loader=BATCHES)
    assert modes == [False] * 10
    assert not model[1].training


@case("torch-lr-finder: validation was not under autocast")
def _() -> None:
    dtypes = []

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        dtypes.append(outputs.dtype)
        return outputs.float().square().mean()

    batches = [(torch.ones(2, 1), torch.ones(2, 1))]
    find(finder(nn.Linear(1, 1), criterion, amp_backend="torch"), batches, val_loader=batches)
    assert set(dtypes) == {torch.bfloat16}


@case("torch-lr-finder: amp_config=None with a backend")
def _() -> None:
    assert len(find(finder(amp_backend="torch", amp_config=None)).losses) == 5


@case("torch-lr-finder: validation needed a length and a data set")
def _() -> None:
    result = find(finder(), val_loader=(batch for batch in BATCHES))
    np.testing.assert_allclose(result.losses, np.cumprod(1 - result.lrs) ** 2 / 2, rtol=1e-13)


@case("torch-lr-finder, fastai, Lightning: NaN went on to the end")
def _() -> None:
    result = find(finder(criterion=altered(lambda i, loss: loss * (math.nan if i == 2 else 1))))
    assert (result.stop_reason, len(result.losses)) == (StopReason.nonfinite, 3)


@case("Lightning: NaN poisoned the smoothed losses")
def _() -> None:
    result = find(finder(criterion=altered(lambda i, loss: loss * (math.nan if i == 4 else 1))))
    assert np.isfinite(result.smoothed_losses).tolist() == [True, True, True, True, False]


@case("torch-lr-finder, Lightning: negative losses stopped at once")
def _() -> None:
    result = find(finder(criterion=altered(lambda _, loss: loss - 100)))
    assert (result.stop_reason, len(result.losses)) == (StopReason.finished, 5)
    np.testing.assert_allclose(result.losses, losses_of(result.lrs) - 100, rtol=1e-13)


@case("torch-lr-finder: a diverging negative loss")
def _() -> None:
    result = find(finder(criterion=altered(lambda _, loss: loss - 1)), start_lr=0.1, end_lr=1e4, num_iter=30)
    assert result.stop_reason is StopReason.diverged


@case("fastai: fewer than 6 points became 6")
def _() -> None:
    assert len(find(finder(), num_iter=2).lrs) == 2


@case("fastai: end_lr was never used")
def _() -> None:
    found = finder()
    used = spied_lrs(found.optimizer)
    find(found)
    assert (used[0], used[-1]) == (0.01, 0.16)


@case("fastai: accumulation moved the lr without an update")
def _() -> None:
    found = finder()
    used = spied_lrs(found.optimizer)
    result = find(found, BATCHES * 40, accumulation_steps=4)
    assert used == result.lrs.tolist()
    assert len(used) == 5


@case("fastai: the lr of the last group was recorded")
def _() -> None:
    model, other = Decay(), nn.Parameter(torch.ones(()))
    optimizer = torch.optim.SGD([{"params": [model.w], "lr": 0.01}, {"params": [other], "lr": 0.02}])
    result = find(finder(model, optimizer=optimizer), start_lr=None)
    assert result.lrs[0] == 0.01


@case("fastai: early divergence gave an IndexError")
def _() -> None:
    found = finder(criterion=altered(lambda i, loss: loss * 100.0**i))
    result = find(found, num_iter=100)
    assert (result.stop_reason, len(result.lrs)) == (StopReason.diverged, 2)
    assert result.suggestion().reason
    assert found.plot(ax=Figure().add_subplot())[1] is None


@case("Lightning: the second learning rate was left out")
def _() -> None:
    np.testing.assert_allclose(find(finder()).lrs, [0.01, 0.02, 0.04, 0.08, 0.16], rtol=1e-14)


@case("Lightning: a constant loss was recorded as half of it")
def _() -> None:
    result = find(finder(criterion=altered(lambda _, loss: 0 * loss + 3)))
    assert result.losses.tolist() == [3.0] * 5
    np.testing.assert_allclose(result.smoothed_losses, 3.0, rtol=1e-14)


@case("Lightning, Lightning#4846: a model that had been trained")
def _() -> None:
    model = Decay()
    optimizer = sgd(model, lr=0.1, momentum=0.9)
    for _ in range(10):
        optimizer.zero_grad()
        half_square(model(ONE), 0 * ONE).backward()
        optimizer.step()
    result = find(finder(model, optimizer=optimizer))
    assert (result.stop_reason, len(result.lrs)) == (StopReason.finished, 5)


@case("Lightning, torch-lr-finder#8: an accumulated loss was divided by the number of batches")
def _() -> None:
    result = find(finder(), accumulation_steps=2)
    np.testing.assert_allclose(result.losses, losses_of(result.lrs), rtol=1e-13)


@case("Lightning: after an exception the random state was another")
def _() -> None:
    state = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        find(finder(criterion=altered(lambda i, loss: loss if torch.rand(()) > 2 or i < 2 else 1 / 0)))
    assert torch.equal(torch.get_rng_state(), state)


@case("ignite: the first update was at the optimizer's lr, and the next lr was recorded")
def _() -> None:
    found = finder()
    used = spied_lrs(found.optimizer)
    result = find(found)
    assert used == result.lrs.tolist()
    np.testing.assert_allclose(result.losses, losses_of(np.array(used)), rtol=1e-13)


@case("ignite: one update too many")
def _() -> None:
    calls = itertools.count(1)
    find(finder(criterion=altered(lambda _, loss: (next(calls), loss)[1])))
    assert next(calls) == 6


@case("ignite: end_lr=10 as an integer")
def _() -> None:
    assert find(finder(), end_lr=1, num_iter=2, diverge_th=1e9).lrs[-1] == 1.0


@case("ignite: handlers stayed attached after an exception")
def _() -> None:
    from torch.optim import optimizer as hooks

    scaler = torch.amp.GradScaler("cpu", init_scale=1.0)
    found = finder(criterion=altered(lambda i, loss: loss if i < 3 else 1 / 0), grad_scaler=scaler)
    with pytest.raises(ZeroDivisionError):
        find(found)
    assert not hooks._global_optimizer_post_hooks
    assert not found.optimizer._optimizer_step_post_hooks


@case("Keras finders: a loss of exactly 0 was left out")
def _() -> None:
    assert find(finder(criterion=altered(lambda _, loss: 0 * loss))).losses.tolist() == [0.0] * 5


@case("Keras finders, fastai#430: skip_end=0 left nothing to plot")
def _() -> None:
    found = finder()
    find(found, num_iter=40)
    ax = found.plot(skip_start=0, skip_end=0, suggest_lr=False, ax=Figure().add_subplot())
    assert [len(line.get_xdata()) for line in ax.lines] == [40, 40]


@case("holocron: a first loss that is not finite")
def _() -> None:
    result = find(finder(criterion=altered(lambda _, loss: loss * math.inf)))
    assert (result.stop_reason, result.losses.tolist()) == (StopReason.nonfinite, [math.inf])


@case("holocron, doctr#1896: more points than the loader has batches")
def _() -> None:
    assert len(find(finder(), DataLoader([(ONE[0], 0 * ONE[0])] * 3), num_iter=50).lrs) == 50


@case("torch-lr-finder#11: the weights were not put back")
def _() -> None:
    found = finder()
    find(found)
    assert (found.model.w.item(), found.model.w.grad) == (1.0, None)


@case("fastai#3013: training went on with other random numbers")
def _() -> None:
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(1, 1)).double()
    torch.manual_seed(5)
    expected = torch.rand(3).tolist()
    torch.manual_seed(5)
    find(finder(model), DataLoader([(ONE[0], ONE[0])] * 8, batch_size=2, shuffle=True))
    assert torch.rand(3).tolist() == expected


@case("Lightning#9672, fastai#3295: another result in each run")
def _() -> None:
    model = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.5), nn.Linear(8, 1)).double()
    loader = DataLoader([(i * ONE[0], ONE[0]) for i in range(8)], batch_size=2, shuffle=True)
    assert find(finder(model, mse), loader) == find(finder(model, mse), loader)


@case("fastai#2420: finders at the same time wrote one file")
def _() -> None:
    with tempfile.TemporaryDirectory() as folder:
        inner = finder(memory_cache=False, cache_dir=folder)
        results = []

        def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            results.append(find(inner))
            return half_square(outputs, targets)

        outer = finder(criterion=criterion, memory_cache=False, cache_dir=Path(folder))
        assert find(outer) == results[0] == results[-1]
        assert outer.model.w.item() == inner.model.w.item() == 1.0


@case("torch-lr-finder#61, keras_lr_finder#6: several inputs")
def _() -> None:
    class Difference(Decay):
        def forward(self, inputs: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
            return super().forward(inputs[0] - inputs[1])

    assert find(finder(Difference()), [((3 * ONE, 2 * ONE), 0 * ONE)]) == find(finder())


@case("torch-lr-finder#37: batches of three items")
def _() -> None:
    assert find(finder(), [(ONE, 0 * ONE, "name")]) == find(finder())


@case("torch-lr-finder#37, torch-lr-finder#55: a model as of transformers, batches as of its tokenizers")
def _() -> None:
    class Output(OrderedDict[str, torch.Tensor]):
        @property
        def loss(self) -> torch.Tensor:
            return self["loss"]

    class Classifier(Decay):
        def forward(self, input_ids: torch.Tensor, labels: torch.Tensor) -> Output:  # type: ignore[override]
            logits = super().forward(input_ids)
            return Output(loss=half_square(logits, labels), logits=logits)

    assert find(finder(Classifier(), None), [{"input_ids": ONE, "labels": 0 * ONE}]) == find(finder())


@case("torch-lr-finder#21: a single tensor to optimise")
def _() -> None:
    class Bowl(Decay):
        def forward(self, _: Any) -> torch.Tensor:
            return self.w.square() / 2

    assert find(finder(Bowl(), None), itertools.repeat(None)) == find(finder())


@case("torch-lr-finder#57: inputs that are strings")
def _() -> None:
    class Lengths(Decay):
        def forward(self, texts: list[str]) -> torch.Tensor:  # type: ignore[override]
            return self.w * torch.tensor([[float(len(text))] for text in texts], dtype=torch.float64)

    batches = [(["a"], ONE), (["a", "a", "a"], torch.ones(3, 1).double())]
    one_batch = [(torch.ones(4, 1).double(), torch.ones(4, 1).double())]
    by_text = find(finder(Lengths()), batches, accumulation_steps=2)
    np.testing.assert_allclose(by_text.losses, find(finder(), one_batch).losses, rtol=1e-13)


@case("fastai#3413, ignite#1357: a data set without length, read more than once")
def _() -> None:
    class Stream(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            return iter([(ONE[0], 0 * ONE[0])] * 2)

    assert find(finder(), DataLoader(Stream())) == find(finder())


@case("torch-lr-finder#59: the validation loss stayed the same")
def _() -> None:
    result = find(finder(), val_loader=iter(BATCHES))
    np.testing.assert_allclose(result.losses, np.cumprod(1 - result.lrs) ** 2 / 2, rtol=1e-13)


@case("torch-lr-finder#63: a curve of accuracy")
def _() -> None:
    batches = [(torch.tensor([[1.0], [-1.0]]).double(), torch.tensor([[1.0], [1.0]]).double())]
    result = find(finder(), batches, metric=lambda outputs, targets: (outputs * targets > 0).double().mean())
    assert result.metrics is not None
    assert result.metrics.tolist() == [0.5] * 5


@case("Lightning#1767: an early spike")
def _() -> None:
    def spiked(i: int, loss: torch.Tensor) -> torch.Tensor:
        return loss * (1000 if i == 1 else 1)

    assert find(finder(criterion=altered(spiked)), num_iter=60).stop_reason is StopReason.diverged
    patient = find(finder(criterion=altered(spiked)), num_iter=60, min_iter=61)
    assert (patient.stop_reason, len(patient.lrs)) == (StopReason.finished, 60)


@case("torch-lr-finder#52: a blank plot below 15 points")
def _() -> None:
    found = finder()
    find(found, num_iter=12)
    ax, _ = found.plot(ax=Figure().add_subplot())
    assert all(len(line.get_xdata()) == 10 for line in ax.lines if line.get_label() != "")


@case("Lightning#5044: a test that finished was said to have diverged")
def _() -> None:
    assert find(finder()).stop_reason is StopReason.finished


@case("ignite#2703: a learning rate for each group")
def _() -> None:
    model, other = Decay(), nn.Parameter(torch.ones(()))
    optimizer = torch.optim.SGD([{"params": [model.w]}, {"params": [other]}], lr=0.1)
    result = find(finder(model, optimizer=optimizer), start_lr=[0.01, 0.001], num_iter=3)
    assert result.group_lrs is not None
    np.testing.assert_allclose(result.group_lrs, [[0.01, 0.001], [0.04, 0.16**0.5 * 0.001**0.5], [0.16, 0.16]])


@case("torch-lr-finder#74: a figure in a script without display")
def _() -> None:
    found = finder()
    find(found, num_iter=30)
    figure = Figure()
    found.plot(ax=figure.add_subplot())
    with tempfile.TemporaryDirectory() as folder:
        figure.savefig(Path(folder) / "lr.png")
        assert (Path(folder) / "lr.png").read_bytes().startswith(b"\x89PNG")


@case("Lightning#2814: divergence must not stop the test")
def _() -> None:
    result = find(finder(), start_lr=0.1, end_lr=1e3, num_iter=20, min_iter=21)
    assert (result.stop_reason, len(result.lrs)) == (StopReason.finished, 20)
    assert result.losses[-1] > 1e9


@case("keras_lr_finder#7: a scheduler is attached")
def _() -> None:
    found = finder()
    scheduler = torch.optim.lr_scheduler.StepLR(found.optimizer, step_size=1, gamma=0.5)
    find(found)
    found.optimizer.step()
    scheduler.step()
    assert found.optimizer.param_groups[0]["lr"] == 0.25
    assert found.optimizer.param_groups[0]["initial_lr"] == 0.5


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_input_on_which_others_fail_is_answered_rightly(answer: Callable[[], None]) -> None:
    answer()
