from __future__ import annotations

import copy
import random
import warnings
from collections import OrderedDict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lrcore.torch._snapshot import Snapshot


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))


OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.1, amsgrad=True),
    "adam, tensor lr": lambda parameters: torch.optim.Adam(parameters, lr=torch.tensor(0.1)),
    "adagrad": lambda parameters: torch.optim.Adagrad(parameters, lr=0.1),
    "lbfgs": lambda parameters: torch.optim.LBFGS(parameters, lr=0.1, max_iter=2),
}


def train(net: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 3) -> None:
    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = net(torch.randn(16, 4)).square().mean()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)


def contents(value: Any) -> Any:
    """`value` with every tensor as its bytes, for an exact comparison."""
    if isinstance(value, torch.Tensor):
        return (value.dtype, value.stride(), value.detach().contiguous().numpy().tobytes())
    if isinstance(value, dict):
        return {key: contents(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [contents(item) for item in value]
    return value


def everything(net: nn.Module, optimizer: torch.optim.Optimizer) -> Any:
    return contents(
        [
            net.state_dict(),
            optimizer.state_dict(),
            [parameter.grad for parameter in net.parameters()],
            [module.training for module in net.modules()],
        ]
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("steps_before", [0, 2])
@pytest.mark.parametrize("in_file", [False, True], ids=["in memory", "in a file"])
def test_restoring_undoes_training_any_number_of_times(
    optimizer: str, steps_before: int, in_file: bool, tmp_path: Path
) -> None:
    net = model()
    trained = OPTIMIZERS[optimizer](net.parameters())
    train(net, trained, steps_before)
    before = everything(net, trained)
    snapshot = Snapshot([net], [trained], directory=tmp_path if in_file else None)
    for _ in range(3):
        train(net, trained)
        assert everything(net, trained) != before
        snapshot.restore()
        assert everything(net, trained) == before


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_continues_as_if_uninterrupted(optimizer: str) -> None:
    results = []
    for in_between in (False, True):
        net = model()
        trained = OPTIMIZERS[optimizer](net.parameters())
        train(net, trained)
        if in_between:
            snapshot = Snapshot([net], [trained])
            train(net, trained)
            snapshot.restore()
        train(net, trained)
        results.append(everything(net, trained))
    assert results[0] == results[1]


def test_restored_objects_keep_their_identity() -> None:
    net = model()
    optimizer = OPTIMIZERS["adam, tensor lr"](net.parameters())
    train(net, optimizer)

    def identities() -> list[int]:
        tensors = [*net.parameters(), *net.buffers(), *(parameter.grad for parameter in net.parameters())]
        states = [value for state in optimizer.state.values() for value in state.values()]
        groups = [optimizer.param_groups, *optimizer.param_groups, optimizer.state, optimizer.param_groups[0]["lr"]]
        return [id(item) for item in (*tensors, *states, *groups)] + [tensor.data_ptr() for tensor in tensors]

    before = identities()
    snapshot = Snapshot([net], [optimizer])
    train(net, optimizer)
    optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    snapshot.restore()
    assert identities() == before


def test_gradients_are_restored_also_none() -> None:
    net = model()
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    first, *others = net.parameters()
    first.grad = torch.full_like(first, 3.0)
    gradient = first.grad
    snapshot = Snapshot([net], [optimizer])
    net(torch.randn(16, 4)).sum().backward()
    assert not torch.equal(gradient, torch.full_like(first, 3.0))
    snapshot.restore()
    assert first.grad is gradient
    assert torch.equal(gradient, torch.full_like(first, 3.0))
    assert [parameter.grad for parameter in others] == [None] * 5


def test_each_module_gets_its_own_training_flag_back() -> None:
    net = model()
    net[1].eval()
    snapshot = Snapshot([net], [OPTIMIZERS["sgd"](net.parameters())])
    net.eval()
    snapshot.restore()
    assert [module.training for module in net.modules()] == [True, True, False, True, True]


def test_replaced_tensors_are_put_back() -> None:
    net = model()
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    weight, mean = net[0].weight, net[1].running_mean
    expected, address = weight.detach().clone(), weight.data_ptr()
    snapshot = Snapshot([net], [optimizer])
    weight.data = torch.zeros(8, 4, dtype=torch.float64)
    net[1].running_mean = torch.ones(8)
    net[0].bias = nn.Parameter(torch.ones(8))
    snapshot.restore()
    assert net[0].weight is weight
    assert net[1].running_mean is mean
    assert weight.data_ptr() == address
    assert torch.equal(weight, expected)
    assert net[0].bias is optimizer.param_groups[0]["params"][1]


def test_parameters_that_only_the_optimizer_knows_are_restored() -> None:
    scale = nn.Parameter(torch.ones(2))
    optimizer = OPTIMIZERS["sgd"]([scale])
    snapshot = Snapshot([], [optimizer])
    scale.grad = torch.ones(2)
    optimizer.step()
    snapshot.restore()
    assert scale.tolist() == [1.0, 1.0]
    assert scale.grad is None
    assert not optimizer.state


def test_groups_and_options_are_restored() -> None:
    net = model()
    optimizer = OPTIMIZERS["adam"](net.parameters())
    snapshot = Snapshot([net], [optimizer])
    optimizer.add_param_group({"params": [nn.Parameter(torch.ones(1))]})
    optimizer.param_groups[0].update(lr=9.0, betas=(0.0, 0.0), initial_lr=1.0)
    snapshot.restore()
    assert len(optimizer.param_groups) == 1
    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"]) == (0.1, (0.9, 0.999))
    assert "initial_lr" not in optimizer.param_groups[0]


def test_other_optimizer_state_objects_restore_repeatedly() -> None:
    optimizer = OPTIMIZERS["sgd"]([nn.Parameter(torch.ones(1))])
    optimizer.state["shared"] = {"losses": deque([1.0]), "counts": [1, (2,)]}
    snapshot = Snapshot([], [optimizer])
    for _ in range(2):
        optimizer.state["shared"]["losses"].append(2.0)
        optimizer.state["shared"]["counts"].append(3)
        snapshot.restore()
        assert optimizer.state["shared"] == {"losses": deque([1.0]), "counts": [1, (2,)]}


def test_all_random_generators_are_restored() -> None:
    own = torch.Generator().manual_seed(3)
    net = model()
    snapshot = Snapshot([net], [OPTIMIZERS["sgd"](net.parameters())], [own])

    def draws() -> list[float]:
        torchs = [torch.rand(()).item(), torch.randn(()).item(), torch.rand((), generator=own).item()]
        return [random.random(), random.gauss(0, 1), float(np.random.rand()), float(np.random.randn()), *torchs]

    first = draws()
    draws()
    snapshot.restore()
    assert draws() == first


def test_random_generators_can_be_left_to_go_on() -> None:
    own = torch.Generator()
    snapshot = Snapshot([], [OPTIMIZERS["sgd"]([nn.Parameter(torch.ones(1))])], [own])
    torch.rand((), generator=own), torch.rand(())
    states = [own.get_state(), torch.get_rng_state()]
    snapshot.restore(random_state=False)
    assert torch.equal(own.get_state(), states[0])
    assert torch.equal(torch.get_rng_state(), states[1])


# Values of every kind


BUFFERS: dict[str, tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]] = {
    "bfloat16": (torch.ones(3, dtype=torch.bfloat16), lambda memory: memory),
    "complex": (torch.ones(3, dtype=torch.complex64), lambda memory: memory),
    "conjugate": (torch.ones(3, dtype=torch.complex64), torch.conj),
    "bool": (torch.ones(3, dtype=torch.bool), lambda memory: memory),
    "scalar": (torch.tensor(3), lambda memory: memory),
    "empty": (torch.empty(0), lambda memory: memory),
    "transposed": (torch.ones(4, 3), torch.t),
    "a part": (torch.ones(4, 3), lambda memory: memory[1:3, ::2]),
    "expanded": (torch.ones(2, 1, 3), lambda memory: memory.expand(2, 5, 3)),
    "expanded to nothing": (torch.ones(1), lambda memory: memory.expand(0)),
}


@pytest.mark.parametrize("in_file", [False, True], ids=["in memory", "in a file"])
@pytest.mark.parametrize("kind", BUFFERS)
def test_buffers_of_every_kind_are_restored(kind: str, in_file: bool, tmp_path: Path) -> None:
    memory, view = BUFFERS[kind]
    own = memory.clone()
    buffer = view(own)
    net = nn.Linear(1, 1)
    net.register_buffer("buffer", buffer)
    expected, address = buffer.clone(), buffer.data_ptr()
    snapshot = Snapshot([net], [], directory=tmp_path if in_file else None)
    for _ in range(2):
        own.zero_()
        buffer.data = torch.zeros_like(memory)
        net.buffer = None
        snapshot.restore()
        assert net.buffer is buffer
        assert buffer.data_ptr() == address
        assert torch.equal(buffer, expected)


def test_sparse_gradients_are_restored() -> None:
    net = nn.Embedding(5, 2, sparse=True)
    optimizer = torch.optim.SparseAdam(list(net.parameters()), lr=0.1)
    net(torch.tensor([1, 3])).sum().backward()
    before = [net.weight.tolist(), net.weight.grad.to_dense().tolist()]
    snapshot = Snapshot([net], [optimizer])
    for _ in range(2):
        net(torch.tensor([2])).sum().backward()
        optimizer.step()
        snapshot.restore()
        assert [net.weight.tolist(), net.weight.grad.to_dense().tolist()] == before


def test_tensors_made_in_inference_mode_do_not_hinder_the_others() -> None:
    net = nn.Linear(2, 2)
    with torch.inference_mode():
        net.register_buffer("constant", torch.ones(1))
    before = net.weight.tolist()
    snapshot = Snapshot([net], [OPTIMIZERS["sgd"](net.parameters())])
    nn.init.zeros_(net.weight)
    snapshot.restore()
    assert net.weight.tolist() == before


def test_a_scripted_model_is_restored() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        net = torch.jit.script(nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8)))
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    before = everything(net, optimizer)
    snapshot = Snapshot([net], [optimizer])
    train(net, optimizer)
    snapshot.restore()
    assert everything(net, optimizer) == before


# Optimizers and other objects


def test_several_optimizers_are_restored() -> None:
    net = model()
    optimizers = [OPTIMIZERS["sgd"](net[0].parameters()), OPTIMIZERS["adam"](net[3].parameters())]
    before = [everything(net, optimizer) for optimizer in optimizers]
    snapshot = Snapshot([net], optimizers)
    for optimizer in optimizers:
        train(net, optimizer)
    snapshot.restore()
    assert [everything(net, optimizer) for optimizer in optimizers] == before


class Lookahead(torch.optim.Optimizer):
    """Wraps an optimizer, whose groups it shares, as many published optimizers do."""

    def __init__(self, inner: torch.optim.Optimizer) -> None:
        super().__init__(inner.param_groups, {})
        self.inner = inner
        self.param_groups = inner.param_groups

    def step(self, closure: Any = None) -> Any:
        for parameter in self.param_groups[0]["params"]:
            self.state[parameter]["steps"] = self.state[parameter].get("steps", 0) + 1
        return self.inner.step(closure)


def test_an_optimizer_inside_another_is_restored() -> None:
    net = model()
    inner = OPTIMIZERS["adam"](net.parameters())
    outer = Lookahead(inner)
    before = [everything(net, outer), everything(net, inner)]
    snapshot = Snapshot([net], [outer])
    for _ in range(2):
        train(net, outer)
        assert inner.state
        snapshot.restore()
        assert [everything(net, outer), everything(net, inner)] == before


def scaled_step(net: nn.Module, optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler) -> None:
    optimizer.zero_grad()
    scaler.scale(net(torch.randn(16, 4)).square().mean()).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()


@pytest.mark.parametrize("steps_before", [0, 2])
def test_a_gradient_scaler_is_restored(steps_before: int) -> None:
    net, scaler = model(), torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=1)
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    for _ in range(steps_before):
        scaled_step(net, optimizer, scaler)
    before = scaler.state_dict()
    snapshot = Snapshot([net], [optimizer], others=[scaler])
    for _ in range(2):
        scaled_step(net, optimizer, scaler)
        assert scaler.get_scale() == 2 * before["scale"]
        snapshot.restore()
        assert scaler.state_dict() == before
    scaled_step(net, optimizer, scaler)


def test_a_gradient_scaler_forgets_an_update_that_was_broken_off() -> None:
    net, scaler = model(), torch.amp.GradScaler("cpu")
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    snapshot = Snapshot([net], [optimizer], others=[scaler])
    scaler.scale(net(torch.randn(16, 4)).square().mean()).backward()
    scaler.unscale_(optimizer)
    snapshot.restore()
    scaled_step(net, optimizer, scaler)


def test_a_gradient_scaler_that_is_off_is_left_alone() -> None:
    net, scaler = model(), torch.amp.GradScaler("cpu", enabled=False)
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    snapshot = Snapshot([net], [optimizer], others=[scaler])
    scaled_step(net, optimizer, scaler)
    snapshot.restore()
    assert scaler.state_dict() == {}


def test_attributes_that_an_optimizer_was_given_are_taken_away() -> None:
    optimizer = OPTIMIZERS["sgd"]([nn.Parameter(torch.ones(1))])
    snapshot = Snapshot([], [optimizer])
    optimizer.grad_scale = torch.ones(1)
    snapshot.restore()
    assert not hasattr(optimizer, "grad_scale")


def test_a_scheduler_is_restored() -> None:
    optimizer = OPTIMIZERS["sgd"]([nn.Parameter(torch.ones(1))])
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)
    before = scheduler.state_dict()
    snapshot = Snapshot([], [optimizer], others=[scheduler])
    for _ in range(2):
        optimizer.step()
        scheduler.step()
        snapshot.restore()
        assert scheduler.state_dict() == before
        assert optimizer.param_groups[0]["lr"] == 0.1


class MovingAverage:
    """Keeps a tensor, which it hands out and takes over without a copy."""

    def __init__(self) -> None:
        self.mean = torch.ones(2)

    def state_dict(self) -> dict[str, Any]:
        return OrderedDict(mean=self.mean, history=[self.mean])

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.mean = state_dict["mean"]
        assert state_dict["history"][0] is self.mean


def test_an_object_sharing_its_tensors_restores_repeatedly() -> None:
    average = MovingAverage()
    mean = average.mean
    snapshot = Snapshot([], [], others=[average])
    for _ in range(3):
        average.mean.mul_(2)
        snapshot.restore()
        assert average.mean is mean
        assert mean.tolist() == [1.0, 1.0]


# Files


def test_the_file_is_there_as_long_as_the_snapshot(tmp_path: Path) -> None:
    snapshots = [
        Snapshot([net], [OPTIMIZERS["sgd"](net.parameters())], directory=tmp_path) for net in (model(), model())
    ]
    assert len(list(tmp_path.iterdir())) == 2
    snapshots.pop()
    assert len(list(tmp_path.iterdir())) == 1
    snapshots.pop().restore()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Snapshot([model()], [], directory=tmp_path / "nowhere")
