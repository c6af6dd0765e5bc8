from __future__ import annotations

import gc
import itertools
import math
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lrcore import Cosine, StopReason
from lrcore.torch import SGD, CyclicLR, LRFinder, Scheduler

SWEEP: dict[str, Any] = {"start_lr": 1e-4, "end_lr": 1.0, "num_iter": 20, "progress": False}

OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "torch SGD": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, nesterov=True),
    "lrcore SGD": lambda parameters: SGD(parameters, lr=0.01, momentum=0.9, nesterov=True),
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01),
    "Adam with a tensor lr": lambda parameters: torch.optim.Adam(parameters, lr=torch.tensor(0.01)),
}


class Run:
    """A training run with everything that can be disturbed: dropout, BatchNorm, shuffling and a noisy data set.

    With mixed precision, gradients overflow now and then, so that the scaler skips updates.
    """

    def __init__(
        self, optimizer: str = "torch SGD", loader_seed: int | None = None, workers: int = 0, mixed: bool = False
    ) -> None:
        for seed in (random.seed, np.random.seed, torch.manual_seed):
            seed(7)
        self.model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
        self.optimizer = OPTIMIZERS[optimizer](self.model.parameters())
        self.criterion = nn.CrossEntropyLoss()
        self.amp = {"amp_backend": "torch", "amp_config": {"dtype": torch.bfloat16}} if mixed else {}
        self.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127, growth_interval=3, enabled=mixed)
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
            with torch.autocast("cpu", torch.bfloat16, enabled=bool(self.amp)):
                loss = self.criterion(self.model(inputs), targets)
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
            self.losses.append(loss.item())

    def finder(self, criterion: Callable[..., torch.Tensor] | None = None, **options: Any) -> LRFinder:
        scaler = self.scaler if self.amp else None
        options = {**self.amp, "grad_scaler": scaler, **options}
        return LRFinder(self.model, self.optimizer, criterion or self.criterion, **options)

    def everything(self) -> list[Any]:
        tensors = [*self.model.state_dict().values()]
        for state in self.optimizer.state.values():
            tensors += state.values()
        for parameter in self.model.parameters():
            tensors.append(torch.zeros(0) if parameter.grad is None else parameter.grad)
        draws = [random.random(), float(np.random.rand()), torch.rand(()).item()]
        values = [tensor.detach().numpy().tobytes() for tensor in tensors]
        return [self.losses, self.scaler.state_dict(), draws, values]


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
    run.finder().range_test(run.loader, **SWEEP)


def with_failing_criterion(error: type[BaseException]) -> Callable[[Run], None]:
    def find(run: Run) -> None:
        calls = itertools.count()

        def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            if next(calls) == 6:
                raise error
            return run.criterion(outputs, targets)

        with pytest.raises(error):
            run.finder(criterion).range_test(run.loader, **SWEEP)

    return find


def with_nan(run: Run) -> None:
    calls = itertools.count()

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return run.criterion(outputs, targets) * (math.nan if next(calls) == 6 else 1.0)

    result = run.finder(criterion).range_test(run.loader, **SWEEP)
    assert result.stop_reason is StopReason.nonfinite
    assert math.isnan(result.losses[-1])


def with_divergence(run: Run) -> None:
    result = run.finder().range_test(run.loader, start_lr=1.0, end_lr=1e9, num_iter=50, diverge_th=2, progress=False)
    assert result.stop_reason is StopReason.diverged


def twice(run: Run) -> None:
    with_finder(run)
    with_finder(run)


def with_options(**options: Any) -> Callable[[Run], None]:
    def find(run: Run) -> None:
        assert len(run.finder().range_test(run.loader, **SWEEP, **options).lrs) == 20

    return find


def with_validation(run: Run) -> None:
    result = run.finder().range_test(run.loader, run.loader, **SWEEP, val_batches=2, metric=correct)
    assert result.training_losses is not None


def correct(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (outputs.argmax(dim=1) == targets).float().mean()


def on_disk(run: Run) -> None:
    run.finder(memory_cache=False).range_test(run.loader, **SWEEP)


INTERLUDES: dict[str, Callable[[Run], None]] = {
    "finished": with_finder,
    "twice": twice,
    "exception in the 7th batch": with_failing_criterion(ArithmeticError),
    "Ctrl-C": with_failing_criterion(KeyboardInterrupt),
    "NaN": with_nan,
    "divergence": with_divergence,
    "repeats": with_options(repeats=3),
    "several batches per lr": with_options(batches_per_lr=2, align="effect"),
    "accumulation": with_options(accumulation_steps=2),
    "validation": with_validation,
    "on disk": on_disk,
}


def trained(run: Run, epochs_before: int, interlude: Callable[[Run], None] | None) -> list[Any]:
    run.train(epochs_before)
    if interlude is not None:
        interlude(run)
    run.train(2)
    return run.everything()


@pytest.mark.parametrize("interlude", INTERLUDES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_with_and_without_the_finder_is_bit_identical(optimizer: str, interlude: str) -> None:
    without = trained(Run(optimizer), 1, None)
    assert trained(Run(optimizer), 1, INTERLUDES[interlude]) == without


@pytest.mark.parametrize("interlude", INTERLUDES)
@pytest.mark.parametrize("loader_seed", [None, 3])
def test_a_finder_before_the_first_update_leaves_no_trace(loader_seed: int | None, interlude: str) -> None:
    without = trained(Run(loader_seed=loader_seed), 0, None)
    assert trained(Run(loader_seed=loader_seed), 0, INTERLUDES[interlude]) == without


@pytest.mark.parametrize("interlude", INTERLUDES)
@pytest.mark.parametrize("optimizer", ["torch SGD", "Adam"])
def test_training_in_mixed_precision_is_bit_identical_too(optimizer: str, interlude: str) -> None:
    without = trained(Run(optimizer, mixed=True), 1, None)
    assert trained(Run(optimizer, mixed=True), 1, INTERLUDES[interlude]) == without


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("interlude", [with_finder, with_validation])
@pytest.mark.parametrize("epochs_before", [0, 1])
def test_persistent_workers_go_on_undisturbed(epochs_before: int, interlude: Callable[[Run], None]) -> None:
    without = trained(Run(workers=1), epochs_before, None)
    assert trained(Run(workers=1), epochs_before, interlude) == without


def test_a_test_within_an_epoch_keeps_its_remaining_batches() -> None:
    epochs = []
    for interlude in (None, with_finder):
        run = Run()
        batches = iter(run.loader)
        epoch = [next(batches)]
        if interlude is not None:
            interlude(run)
        epochs.append([inputs.tolist() for inputs, _ in (*epoch, *batches)])
    assert epochs[0] == epochs[1]


def test_random_draws_while_closing_a_loader_are_undone() -> None:
    class Loader:
        def __iter__(self) -> Iterator[Any]:
            try:
                yield from pairs(5)
            finally:
                torch.rand(1)

    finder = LRFinder(*linear_model(), nn.functional.mse_loss)
    state = torch.get_rng_state()
    finder.range_test(Loader(), start_lr=1e-3, end_lr=1e-2, num_iter=3, progress=False)
    assert torch.equal(torch.get_rng_state(), state)


def test_gradients_that_were_accumulated_before_are_kept() -> None:
    model, optimizer = linear_model()
    model(torch.ones(1, 2)).sum().backward()
    gradient = model.weight.grad
    LRFinder(model, optimizer, nn.functional.mse_loss).range_test(pairs(3), num_iter=5, progress=False)
    assert model.weight.grad is gradient
    assert gradient.tolist() == [[1.0, 1.0]]


def test_a_criterion_with_parameters_is_restored() -> None:
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
    LRFinder(model, optimizer, criterion).range_test(pairs(3), num_iter=5, progress=False)
    assert (criterion.scale.item(), criterion.calls.item()) == (1.0, 0.0)


def test_the_same_finder_finds_the_same_curve_twice() -> None:
    run = Run("Adam")
    finder = run.finder()
    first, second = (finder.range_test(run.loader, **SWEEP) for _ in range(2))
    assert first == second
    assert finder.result is second


def test_reset_can_be_repeated_after_later_training() -> None:
    run = Run("Adam", mixed=True)
    run.train(1)
    finder = run.finder()
    finder.range_test(run.loader, **SWEEP)
    _, scaler, _, values = run.everything()
    for _ in range(3):
        run.train(1)
        assert run.everything()[3] != values
        finder.reset()
        assert run.everything()[1::2] == [scaler, values]


def test_reset_leaves_the_random_generators_alone() -> None:
    run = Run()
    finder = run.finder()
    finder.range_test(run.loader, **SWEEP)
    torch.rand(1)
    state = torch.get_rng_state()
    finder.reset()
    assert torch.equal(torch.get_rng_state(), state)


# Where the values are kept


def files_in_sweep(folder: Path, **options: Any) -> tuple[list[str], list[str]]:
    """The files in `folder` during the sweep, and when the finder is gone."""
    run = Run()
    during: list[str] = []

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        during[:] = [path.name for path in folder.iterdir()]
        return run.criterion(outputs, targets)

    run.finder(criterion, **options).range_test(run.loader, **SWEEP)
    gc.collect()
    return during, [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("options", [{}, {"cache_dir": "not there"}])
def test_no_file_is_written_unless_asked_for(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert files_in_sweep(tmp_path, **options) == ([], [])


@pytest.mark.parametrize("named", [False, True])
def test_the_values_may_be_kept_in_a_temporary_file(
    named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not named:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    during, after = files_in_sweep(tmp_path, memory_cache=False, cache_dir=tmp_path if named else None)
    assert (len(during), after) == (1, [])


def test_a_progress_bar_is_shown_unless_it_is_not_wanted(capfd: pytest.CaptureFixture[str]) -> None:
    finder = LRFinder(*linear_model(), nn.functional.mse_loss)
    finder.range_test(pairs(2), num_iter=3, progress=False)
    assert capfd.readouterr() == ("", "")
    finder.range_test(pairs(2), num_iter=3)
    shown, errors = capfd.readouterr()
    assert "3/3" in shown + errors


# Modes


def modes_in_sweep(model: nn.Module) -> list[bool]:
    """The training flags of the modules while the finder trains `model`."""
    flags: list[bool] = []

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        flags[:] = [module.training for module in model.modules()]
        return nn.functional.mse_loss(outputs, targets)

    LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.01), criterion).range_test(
        pairs(2), num_iter=2, progress=False
    )
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
    result = run.finder().range_test(run.loader, start_lr=1e-4, end_lr=1e-1, num_iter=20, progress=False)
    recorded = [np.float32(lr) for lr in result.lrs] if "tensor" in optimizer else result.lrs.tolist()
    assert [lr for lr, _ in used] == recorded
    assert [lr for _, lr in used] == result.lrs.tolist()
    assert (result.lrs[0], result.lrs[-1]) == (1e-4, 1e-1)
    np.testing.assert_allclose(result.lrs, 1e-4 * 1000 ** (np.arange(20) / 19), rtol=1e-14)
    assert float(run.optimizer.param_groups[1]["lr"]) == 7.0


def test_the_sweep_starts_at_the_lr_of_the_optimizer() -> None:
    model, optimizer = linear_model(lr=0.025)
    result = LRFinder(model, optimizer, nn.functional.mse_loss).range_test(
        pairs(2), end_lr=0.1, num_iter=3, progress=False
    )
    np.testing.assert_allclose(result.lrs, [0.025, 0.05, 0.1], rtol=1e-15)


def test_the_losses_are_those_of_a_plain_loop() -> None:
    model, optimizer = linear_model()
    result = LRFinder(model, optimizer, nn.functional.mse_loss).range_test(
        pairs(3), start_lr=1e-3, end_lr=1e-1, num_iter=8, progress=False
    )
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
                LRFinder(model, optimizer, nn.functional.mse_loss).range_test(
                    pairs(2), start_lr=1e-3, end_lr=1e-1, num_iter=4, progress=False
                )
            lrs.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        curves.append(lrs)
    assert curves[0] == curves[1]


# The curve


def test_smooth_f_is_the_weight_of_the_newest_loss() -> None:
    model, optimizer = linear_model()
    finder = LRFinder(model, optimizer, nn.functional.mse_loss)
    result = finder.range_test(pairs(5), start_lr=1e-3, end_lr=1e-2, num_iter=5, smooth_f=0.25, progress=False)
    weights = 0.75 ** np.arange(5)
    expected = [np.average(result.losses[: n + 1][::-1], weights=weights[: n + 1]) for n in range(5)]
    np.testing.assert_allclose(result.smoothed_losses, expected, rtol=1e-12)
    assert finder.history == {"lr": result.lrs.tolist(), "loss": result.smoothed_losses.tolist()}


@pytest.mark.parametrize("smooth_f", [0, 1])
def test_losses_can_be_left_as_they_are(smooth_f: float) -> None:
    model, optimizer = linear_model()
    result = LRFinder(model, optimizer, nn.functional.mse_loss).range_test(
        pairs(2), num_iter=5, smooth_f=smooth_f, progress=False
    )
    assert result.smoothed_losses.tolist() == result.losses.tolist()


def test_a_finder_that_has_not_run_has_an_empty_history() -> None:
    finder = LRFinder(*linear_model(), nn.functional.mse_loss)
    assert (finder.history, finder.result) == ({"lr": [], "loss": []}, None)
    with pytest.raises(RuntimeError, match="there is nothing to plot before range_test has been run"):
        finder.plot()


def test_ctrl_c_keeps_the_curve_so_far() -> None:
    run = Run()
    calls = itertools.count()

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if next(calls) == 4:
            raise KeyboardInterrupt
        return run.criterion(outputs, targets)

    finder = run.finder(criterion)
    with pytest.raises(KeyboardInterrupt):
        finder.range_test(run.loader, **SWEEP)
    assert finder.result is not None
    assert (finder.result.stop_reason, len(finder.result.losses)) == (StopReason.interrupted, 4)


def test_an_exception_leaves_no_curve_of_an_earlier_run() -> None:
    model, optimizer = linear_model()
    finder = LRFinder(model, optimizer, nn.functional.mse_loss)
    finder.range_test(pairs(2), num_iter=3, progress=False)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        finder.range_test([(torch.ones(2, 5), torch.ones(2, 1))], num_iter=3, progress=False)
    assert finder.result is None


def test_the_device_of_the_model_can_be_named() -> None:
    model, optimizer = linear_model()
    result = LRFinder(model, optimizer, nn.functional.mse_loss, device="cpu").range_test(
        pairs(2), num_iter=5, progress=False
    )
    assert result == LRFinder(*linear_model(), nn.functional.mse_loss).range_test(pairs(2), num_iter=5, progress=False)
