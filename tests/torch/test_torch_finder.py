from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lrcore import StopReason
from lrcore.schedules import Cosine
from lrcore.torch import SGD, CyclicLR, LRFinder, Scheduler

OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "torch SGD": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, nesterov=True),
    "lrcore SGD": lambda parameters: SGD(parameters, lr=0.01, momentum=0.9, nesterov=True),
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01),
    "Adam with a tensor lr": lambda parameters: torch.optim.Adam(parameters, lr=torch.tensor(0.01)),
}


class Run:
    """A training run with everything that can be disturbed: dropout, BatchNorm, shuffling and a noisy data set."""

    def __init__(self, optimizer: str = "torch SGD", loader_seed: int | None = None, workers: int = 0) -> None:
        for seed in (random.seed, np.random.seed, torch.manual_seed):
            seed(7)
        self.model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
        self.optimizer = OPTIMIZERS[optimizer](self.model.parameters())
        self.criterion = nn.CrossEntropyLoss()
        inputs = torch.randn(50, 6)
        self.loader = DataLoader(
            NoisyDataset(inputs, (inputs[:, 0] > 0).long() + (inputs[:, 1] > 0)),
            batch_size=16,
            shuffle=True,
            generator=None if loader_seed is None else torch.Generator().manual_seed(loader_seed),
            num_workers=workers,
            persistent_workers=workers > 0,
        )
        self.losses: list[float] = []

    def train(self, epochs: int) -> None:
        for _, (inputs, targets) in itertools.product(range(epochs), self.loader):
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(inputs), targets)
            loss.backward()
            self.optimizer.step()
            self.losses.append(loss.item())

    def finder(self, criterion: Callable[..., torch.Tensor] | None = None) -> LRFinder:
        return LRFinder(self.model, self.optimizer, criterion or self.criterion)

    def everything(self) -> list[Any]:
        tensors = [*self.model.state_dict().values()]
        for state in self.optimizer.state.values():
            tensors += state.values()
        for parameter in self.model.parameters():
            tensors.append(torch.zeros(0) if parameter.grad is None else parameter.grad)
        draws = [random.random(), float(np.random.rand()), torch.rand(()).item()]
        return [self.losses, draws, [tensor.numpy().tobytes() for tensor in map(torch.Tensor.detach, tensors)]]


class NoisyDataset(TensorDataset):
    """Augments with torch's, Python's and NumPy's generators, as data sets do."""

    def __getitem__(self, index: int) -> tuple[torch.Tensor, ...]:
        inputs, targets = super().__getitem__(index)
        return inputs + 0.01 * (torch.rand(6) + random.random() + float(np.random.rand())), targets


def linear_model(lr: float = 0.01) -> tuple[nn.Linear, torch.optim.SGD]:
    torch.manual_seed(0)
    linear = nn.Linear(2, 1)
    return linear, torch.optim.SGD(linear.parameters(), lr=lr)


def pairs(count: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Batches of a linear task, large enough to have losses of one size."""
    generator = torch.Generator().manual_seed(1)
    inputs = [torch.randn(64, 2, generator=generator) for _ in range(count)]
    return [(batch, batch.sum(dim=1, keepdim=True) + 1) for batch in inputs]


# The transaction


def with_finder(run: Run) -> None:
    run.finder().range_test(run.loader, start_lr=1e-4, end_lr=1.0, num_iter=20)


def with_failing_criterion(error: type[BaseException]) -> Callable[[Run], None]:
    def find(run: Run) -> None:
        calls = itertools.count()

        def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            if next(calls) == 6:
                raise error
            return run.criterion(outputs, targets)

        with pytest.raises(error):
            run.finder(criterion).range_test(run.loader, start_lr=1e-4, end_lr=1.0, num_iter=20)

    return find


def with_nan(run: Run) -> None:
    calls = itertools.count()

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return run.criterion(outputs, targets) * (math.nan if next(calls) == 6 else 1.0)

    result = run.finder(criterion).range_test(run.loader, start_lr=1e-4, end_lr=1.0, num_iter=20)
    assert (result.stop_reason, len(result.lrs)) == (StopReason.nonfinite, 7)
    assert math.isnan(result.losses[-1])


def with_divergence(run: Run) -> None:
    result = run.finder().range_test(run.loader, start_lr=1.0, end_lr=1e9, num_iter=50, diverge_th=2)
    assert result.stop_reason is StopReason.diverged


def twice(run: Run) -> None:
    with_finder(run)
    with_finder(run)


INTERLUDES: dict[str, Callable[[Run], None]] = {
    "finished": with_finder,
    "twice": twice,
    "exception": with_failing_criterion(ArithmeticError),
    "Ctrl-C": with_failing_criterion(KeyboardInterrupt),
    "NaN": with_nan,
    "divergence": with_divergence,
}


def trained(run: Run, epochs_before: int, interlude: Callable[[Run], None] | None) -> list[Any]:
    run.train(epochs_before)
    if interlude is not None:
        interlude(run)
    run.train(2)
    return run.everything()


@pytest.mark.parametrize("epochs_before", [0, 1])
@pytest.mark.parametrize("loader_seed", [None, 3])
@pytest.mark.parametrize("interlude", INTERLUDES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_with_and_without_the_finder_is_bit_identical(
    optimizer: str, interlude: str, loader_seed: int | None, epochs_before: int
) -> None:
    without = trained(Run(optimizer, loader_seed), epochs_before, None)
    assert trained(Run(optimizer, loader_seed), epochs_before, INTERLUDES[interlude]) == without


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("epochs_before", [0, 1])
def test_persistent_workers_go_on_undisturbed(epochs_before: int) -> None:
    without = trained(Run(workers=1), epochs_before, None)
    assert trained(Run(workers=1), epochs_before, with_finder) == without


def test_in_the_middle_of_an_epoch_its_remaining_batches_stay_the_same() -> None:
    epochs = []
    for interlude in (None, with_finder):
        run = Run()
        batches = iter(run.loader)
        epoch = [next(batches)]
        if interlude is not None:
            interlude(run)
        epochs.append([inputs.tolist() for inputs, _ in (*epoch, *batches)])
    assert epochs[0] == epochs[1]


def test_what_a_loader_draws_while_it_is_closed_is_undone_too() -> None:
    class Loader:
        def __iter__(self) -> Iterator[Any]:
            try:
                yield from pairs(5)
            finally:
                torch.rand(1)

    finder = LRFinder(*linear_model(), nn.functional.mse_loss)
    state = torch.get_rng_state()
    finder.range_test(Loader(), 1e-3, 1e-2, num_iter=3)
    assert torch.equal(torch.get_rng_state(), state)


def test_gradients_that_were_accumulated_before_are_kept() -> None:
    model, optimizer = linear_model()
    model(torch.ones(1, 2)).sum().backward()
    gradient = model.weight.grad
    LRFinder(model, optimizer, nn.functional.mse_loss).range_test(pairs(3), num_iter=5)
    assert model.weight.grad is gradient
    assert gradient.tolist() == [[1.0, 1.0]]


def test_a_criterion_with_parameters_of_its_own_is_restored() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))
            self.register_buffer("calls", torch.zeros(1))

        def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return (self.scale * outputs - targets).square().mean()

    model, criterion = nn.Linear(2, 1), Scaled()
    optimizer = torch.optim.SGD([*model.parameters(), *criterion.parameters()], lr=0.01)
    LRFinder(model, optimizer, criterion).range_test(pairs(3), num_iter=5)
    assert (criterion.scale.item(), criterion.calls.item()) == (1.0, 0.0)


def test_the_same_finder_finds_the_same_curve_twice() -> None:
    run = Run("Adam")
    finder = run.finder()
    first, second = (finder.range_test(run.loader, start_lr=1e-4, end_lr=1.0, num_iter=20) for _ in range(2))
    assert first == second
    assert finder.result is second


# Modes


def modes_in_sweep(model: nn.Module) -> list[bool]:
    """The training flags of the modules while the finder trains `model`."""
    flags: list[bool] = []

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        flags[:] = [module.training for module in model.modules()]
        return nn.functional.mse_loss(outputs, targets)

    LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.01), criterion).range_test(pairs(2), num_iter=2)
    return flags


def test_a_model_in_evaluation_mode_is_trained_and_put_back() -> None:
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1)).eval()
    assert modes_in_sweep(model) == [True, True, True]
    assert [module.training for module in model.modules()] == [False, False, False]


def test_a_frozen_batch_norm_stays_frozen() -> None:
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    model[1].eval()
    assert modes_in_sweep(model) == [True, True, False]


# The learning rate


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_recorded_lr_is_the_one_that_the_update_used(optimizer: str) -> None:
    run = Run(optimizer)
    run.optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(1))], "lr": 7.0})
    used: list[list[float]] = []
    run.optimizer.register_step_pre_hook(
        lambda spied, *_: used.append([float(group["lr"]) for group in spied.param_groups])
    )
    result = run.finder().range_test(run.loader, start_lr=1e-4, end_lr=1e-1, num_iter=20)
    recorded = [np.float32(lr) for lr in result.lrs] if "tensor" in optimizer else result.lrs.tolist()
    assert [lr for lr, _ in used] == recorded
    assert [lr for _, lr in used] == result.lrs.tolist()
    assert (result.lrs[0], result.lrs[-1]) == (1e-4, 1e-1)
    np.testing.assert_allclose(result.lrs, 1e-4 * 1000 ** (np.arange(20) / 19), rtol=1e-14)
    assert float(run.optimizer.param_groups[1]["lr"]) == 7.0


def test_the_sweep_starts_at_the_lr_of_the_optimizer() -> None:
    model, optimizer = linear_model(lr=0.025)
    result = LRFinder(model, optimizer, nn.functional.mse_loss).range_test(pairs(2), end_lr=0.1, num_iter=3)
    np.testing.assert_allclose(result.lrs, [0.025, 0.05, 0.1], rtol=1e-15)


def test_the_losses_are_those_of_a_plain_loop() -> None:
    model, optimizer = linear_model()
    result = LRFinder(model, optimizer, nn.functional.mse_loss).range_test(pairs(3), 1e-3, 1e-1, num_iter=8)
    plain, optimizer = linear_model()
    losses = []
    for lr, (inputs, targets) in zip(result.lrs, itertools.cycle(pairs(3)), strict=False):
        optimizer.param_groups[0]["lr"] = float(lr)
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(plain(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert result.losses.tolist() == losses


SCHEDULERS: dict[str, Callable[[torch.optim.Optimizer], Any]] = {
    "lrcore": lambda optimizer: Scheduler(optimizer, Cosine(0.1, 10)),
    "lrcore, cyclic": lambda optimizer: CyclicLR(optimizer, 0.1, 0.2, step_size_up=3),
    "torch": lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10),
    "torch, one cycle": lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10),
}


@pytest.mark.parametrize("make", SCHEDULERS.values(), ids=SCHEDULERS)
def test_an_attached_scheduler_keeps_working(make: Callable[[torch.optim.Optimizer], Any]) -> None:
    curves = []
    for with_interlude in (False, True):
        model, optimizer = linear_model()
        scheduler = make(optimizer)
        lrs = []
        for step in range(8):
            if with_interlude and step in (0, 3):
                LRFinder(model, optimizer, nn.functional.mse_loss).range_test(pairs(2), 1e-3, 1e-1, num_iter=4)
            lrs.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        curves.append(lrs)
    assert curves[0] == curves[1]


# The curve


def test_smooth_f_is_the_weight_of_the_newest_loss() -> None:
    model, optimizer = linear_model()
    finder = LRFinder(model, optimizer, nn.functional.mse_loss)
    result = finder.range_test(pairs(5), 1e-3, 1e-2, num_iter=5, smooth_f=0.25)
    weights = 0.75 ** np.arange(5)
    expected = [np.average(result.losses[: n + 1][::-1], weights=weights[: n + 1]) for n in range(5)]
    np.testing.assert_allclose(result.smoothed_losses, expected, rtol=1e-12)
    assert finder.history == {"lr": result.lrs.tolist(), "loss": result.smoothed_losses.tolist()}


@pytest.mark.parametrize("smooth_f", [0, 1])
def test_losses_can_be_left_as_they_are(smooth_f: float) -> None:
    model, optimizer = linear_model()
    result = LRFinder(model, optimizer, nn.functional.mse_loss).range_test(pairs(2), num_iter=5, smooth_f=smooth_f)
    assert result.smoothed_losses.tolist() == result.losses.tolist()


def test_a_finder_that_has_not_run_has_an_empty_history_and_nothing_to_plot() -> None:
    finder = LRFinder(*linear_model(), nn.functional.mse_loss)
    assert (finder.history, finder.result) == ({"lr": [], "loss": []}, None)
    with pytest.raises(RuntimeError, match="there is nothing to plot before range_test has been run"):
        finder.plot()


def test_plot_draws_the_smoothed_loss_into_the_given_axes() -> None:
    from matplotlib.figure import Figure

    finder = LRFinder(*linear_model(), nn.functional.mse_loss)
    finder.range_test(pairs(2), 1e-3, 1e-1, num_iter=10)
    ax = Figure().add_subplot()
    assert finder.plot(ax) is ax
    assert ax.get_xscale() == "log"
    assert ax.lines


def test_ctrl_c_keeps_the_curve_so_far() -> None:
    run = Run()
    calls = itertools.count()

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if next(calls) == 4:
            raise KeyboardInterrupt
        return run.criterion(outputs, targets)

    finder = run.finder(criterion)
    with pytest.raises(KeyboardInterrupt):
        finder.range_test(run.loader, start_lr=1e-4, end_lr=1.0, num_iter=20)
    assert finder.result is not None
    assert (finder.result.stop_reason, len(finder.result.losses)) == (StopReason.interrupted, 4)


def test_an_exception_leaves_no_curve_of_an_earlier_run() -> None:
    model, optimizer = linear_model()
    finder = LRFinder(model, optimizer, nn.functional.mse_loss)
    finder.range_test(pairs(2), num_iter=3)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        finder.range_test([(torch.ones(2, 5), torch.ones(2, 1))], num_iter=3)
    assert finder.result is None


# Loaders


def endless(batches: list[Any]) -> Iterator[Any]:
    return itertools.cycle(batches)


@pytest.mark.parametrize("loader", [pairs(1), pairs(3), endless(pairs(3)), [list(pair) for pair in pairs(2)]])
def test_a_loader_is_read_again_until_the_sweep_is_finished(loader: Iterable[Any]) -> None:
    result = LRFinder(*linear_model(), nn.functional.mse_loss).range_test(loader, 1e-3, 1e-2, num_iter=10)
    assert (result.stop_reason, len(result.losses)) == (StopReason.finished, 10)


def test_an_iterator_that_runs_dry_ends_the_sweep() -> None:
    result = LRFinder(*linear_model(), nn.functional.mse_loss).range_test(iter(pairs(3)), 1e-3, 1e-2, num_iter=10)
    assert (result.stop_reason, len(result.losses)) == (StopReason.data_exhausted, 3)


@pytest.mark.parametrize("loader", [[], iter([])])
def test_an_empty_loader_is_refused(loader: Iterable[Any]) -> None:
    with pytest.raises(ValueError, match=r"train_loader must hold at least one batch, but .* is empty"):
        LRFinder(*linear_model(), nn.functional.mse_loss).range_test(loader)


@pytest.mark.parametrize(
    ("batch", "description"),
    [
        ({"inputs": torch.ones(2, 2), "targets": torch.ones(2, 1)}, "dict"),
        (torch.ones(2, 2), "Tensor"),
        ((torch.ones(2, 2),) * 3, "tuple of 3"),
    ],
)
def test_batches_that_are_no_pairs_are_refused(batch: Any, description: str) -> None:
    message = rf"train_loader must yield \(inputs, targets\) pairs, but got a {description}$"
    with pytest.raises(ValueError, match=message):
        LRFinder(*linear_model(), nn.functional.mse_loss).range_test([batch])


# Arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start_lr": 0.0}, "start_lr"),
        ({"start_lr": -1.0}, "start_lr"),
        ({"start_lr": math.nan}, "start_lr"),
        ({"start_lr": 1.0, "end_lr": 1.0}, r"end_lr must be greater than start_lr=1(\.0)?, but got 1"),
        ({"end_lr": 0.001}, r"end_lr must be greater than start_lr=0\.01, but got 0\.001"),
        ({"num_iter": 1}, "num_iter"),
        ({"smooth_f": -0.1}, "smooth_f must be between 0 and 1, but got -0.1"),
        ({"smooth_f": 1.1}, "smooth_f must be between 0 and 1, but got 1.1"),
        ({"diverge_th": 1.0}, "diverge_th must be finite and greater than 1, but got 1.0"),
        ({"diverge_th": math.nan}, "diverge_th must be finite and greater than 1, but got nan"),
    ],
)
def test_bad_arguments_are_refused_before_any_update(arguments: dict[str, Any], message: str) -> None:
    model, optimizer = linear_model()
    optimizer.register_step_pre_hook(lambda *_: pytest.fail("there was an update"))
    with pytest.raises(ValueError, match=message):
        LRFinder(model, optimizer, nn.functional.mse_loss).range_test(pairs(2), **arguments)


def test_the_device_of_the_model_can_be_named() -> None:
    model, optimizer = linear_model()
    result = LRFinder(model, optimizer, nn.functional.mse_loss, device="cpu").range_test(pairs(2), num_iter=5)
    assert result == LRFinder(*linear_model(), nn.functional.mse_loss).range_test(pairs(2), num_iter=5)
