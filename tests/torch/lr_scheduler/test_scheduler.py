from __future__ import annotations

import copy
import gc
import io
import itertools
import json
import pickle
import re
import warnings
import weakref
from collections.abc import Callable

import pytest
import torch

from lrcore import Constant, Cosine, PiecewiseConstant, Schedule, Until
from lrcore.torch import Scheduler

STAIRS = PiecewiseConstant([2, 3], [0.5, 0.25, 0.125])
STAIRS_LRS = [0.5, 0.5, 0.25, 0.125, 0.125, 0.125]


def parameter() -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.zeros(3))


def sgd(groups: int = 1) -> torch.optim.SGD:
    return torch.optim.SGD([{"params": [parameter()]} for _ in range(groups)], lr=7.0, momentum=0.9)


def lrs(optimizer: torch.optim.Optimizer) -> list[float]:
    return [float(group["lr"]) for group in optimizer.param_groups]


def test_update_t_gets_schedule_t_past_the_end_too() -> None:
    optimizer = sgd()
    scheduler = Scheduler(optimizer, STAIRS)
    used, reported, steps = [], [], []
    for _ in STAIRS_LRS:
        optimizer.step()
        used += lrs(optimizer)
        reported += scheduler.get_last_lr()
        steps.append(scheduler.last_epoch)
        scheduler.step()
    assert used == reported == STAIRS_LRS
    assert steps == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop])
def test_nothing_but_lr_is_written(make: Callable[..., torch.optim.Optimizer]) -> None:
    untouched, optimizer = make([parameter()]), make([parameter()])
    scheduler = Scheduler(optimizer, STAIRS)
    scheduler.step()
    assert vars(optimizer).keys() == vars(untouched).keys()
    (group,), (expected,) = optimizer.param_groups, untouched.param_groups
    assert {**group, "params": 0} == {**expected, "params": 0, "lr": 0.5}


def test_stepping_before_the_optimizer_is_not_warned_about() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler = Scheduler(sgd(), STAIRS)
        scheduler.step()
        scheduler.step()


def test_each_group_follows_its_own_schedule() -> None:
    optimizer = sgd(groups=2)
    scheduler = Scheduler(optimizer, [STAIRS, Constant(2.0)])
    for step in range(4):
        assert lrs(optimizer) == [STAIRS_LRS[step], 2.0]
        scheduler.step()


def test_a_mapping_schedules_only_the_groups_it_names() -> None:
    groups = [{"params": [parameter()]}, {"params": [parameter()], "name": "head"}, {"params": [parameter()]}]
    optimizer = torch.optim.SGD(groups, lr=7.0, momentum=0.9)
    scheduler = Scheduler(optimizer, {0: STAIRS, "head": Constant(2.0)}, momentum={"head": STAIRS})
    optimizer.add_param_group({"params": [parameter()]})
    for lr in STAIRS_LRS:
        assert lrs(optimizer) == scheduler.get_last_lr() == [lr, 2.0, 7.0, 7.0]
        assert [group["momentum"] for group in optimizer.param_groups] == [0.9, lr, 0.9, 0.9]
        scheduler.step()
    assert scheduler.schedules == [STAIRS, Constant(2.0), None, None]


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ({2: STAIRS}, "schedule must name param groups out of [0, 1, 'head'], but got 2"),
        ({-1: STAIRS}, "schedule must name param groups out of [0, 1, 'head'], but got -1"),
        ({True: STAIRS}, "schedule must name param groups out of [0, 1, 'head'], but got True"),
        ({"heads": STAIRS}, "schedule must name param groups out of [0, 1, 'head'], but got 'heads'"),
        ({1: STAIRS, "head": STAIRS}, "schedule must name each param group once, but got both 1 and 'head'"),
    ],
)
def test_a_mapping_that_names_no_group_is_refused(schedule: dict[int | str, Schedule], message: str) -> None:
    optimizer = torch.optim.SGD([{"params": [parameter()]}, {"params": [parameter()], "name": "head"}], lr=7.0)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Scheduler(optimizer, schedule)
    assert lrs(optimizer) == [7.0, 7.0]


def test_weight_decay_is_scheduled_where_asked() -> None:
    optimizer = torch.optim.AdamW([{"params": [parameter()]} for _ in range(2)], weight_decay=0.01)
    scheduler = Scheduler(optimizer, Constant(0.1), weight_decay={1: STAIRS})
    for weight_decay in STAIRS_LRS:
        assert [group["weight_decay"] for group in optimizer.param_groups] == [0.01, weight_decay]
        scheduler.factor = 0.5  # of the lr alone
        scheduler.step()


def test_weight_decay_is_refused_for_an_optimizer_that_has_none() -> None:
    optimizer = torch.optim.Rprop([parameter()], lr=7.0)
    with pytest.raises(ValueError, match="weight_decay must be None for Rprop, which has no weight_decay"):
        Scheduler(optimizer, Constant(0.1), weight_decay=Constant(0.1))
    assert lrs(optimizer) == [7.0]


def test_a_step_that_a_schedule_has_not_changes_nothing() -> None:
    optimizer = sgd(groups=2)
    scheduler = Scheduler(optimizer, [STAIRS, Until(STAIRS, 3, "raise")])
    scheduler.step(2)
    with pytest.raises(ValueError, match="step must be less than total_steps=3, but got 3"):
        scheduler.step()
    assert (scheduler.last_epoch, lrs(optimizer)) == (2, [0.25, 0.25])


@pytest.mark.parametrize(("schedule", "late_lr"), [(STAIRS, 0.5), ([STAIRS, Constant(2.0)], 0.5)])
def test_a_group_added_later_follows_the_first_schedule(schedule: Schedule | list[Schedule], late_lr: float) -> None:
    optimizer = sgd(groups=2)
    scheduler = Scheduler(optimizer, schedule)
    optimizer.add_param_group({"params": [parameter()]})
    scheduler.step()
    assert lrs(optimizer)[2] == late_lr
    assert len(scheduler.get_last_lr()) == 3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_tensor_lr_is_filled_in_place(dtype: torch.dtype) -> None:
    lr = torch.tensor(1.0, dtype=dtype)
    optimizer = torch.optim.SGD([parameter()], lr=lr)
    scheduler = Scheduler(optimizer, Constant(0.1))
    assert optimizer.param_groups[0]["lr"] is lr
    assert lr.item() == torch.tensor(0.1, dtype=dtype).item()
    assert scheduler.get_last_lr() == [0.1]


def test_momentum_is_scheduled_where_asked() -> None:
    optimizer = sgd()
    scheduler = Scheduler(optimizer, Constant(0.1), momentum=STAIRS)
    for momentum in STAIRS_LRS:
        assert optimizer.param_groups[0]["momentum"] == momentum
        scheduler.step()


def test_momentum_is_the_first_beta_of_adam() -> None:
    optimizer = torch.optim.Adam([parameter()], betas=(0.9, 0.99))
    scheduler = Scheduler(optimizer, Constant(0.1), momentum=STAIRS)
    for momentum in STAIRS_LRS:
        assert optimizer.param_groups[0]["betas"] == (momentum, 0.99)
        scheduler.step()


def test_a_tensor_beta_is_filled_in_place() -> None:
    betas = (torch.tensor(0.9), torch.tensor(0.99))
    optimizer = torch.optim.Adam([parameter()], lr=torch.tensor(1.0), betas=betas, capturable=True)
    Scheduler(optimizer, Constant(0.1), momentum=Constant(0.75))
    assert optimizer.param_groups[0]["betas"][0] is betas[0]
    assert betas[0].item() == 0.75


def test_momentum_is_refused_for_an_optimizer_that_has_none() -> None:
    optimizer = torch.optim.Adagrad([parameter()], lr=7.0)
    with pytest.raises(ValueError, match="momentum must be None for Adagrad, which has no momentum or betas"):
        Scheduler(optimizer, Constant(0.1), momentum=Constant(0.9))
    assert lrs(optimizer) == [7.0]


@pytest.mark.parametrize("last_epoch", [-1, 0, 1, 2, 3, 10])
def test_last_epoch_is_the_last_update_done(last_epoch: int) -> None:
    optimizer = sgd()
    scheduler = Scheduler(optimizer, STAIRS, last_epoch=last_epoch)
    assert scheduler.last_epoch == last_epoch + 1
    assert lrs(optimizer) == [STAIRS_LRS[min(last_epoch + 1, 5)]]


def test_step_with_a_number_jumps() -> None:
    optimizer = sgd()
    scheduler = Scheduler(optimizer, Cosine(0.1, decay_steps=10**6))
    scheduler.step(10**6)
    assert (scheduler.last_epoch, lrs(optimizer)) == (10**6, [0.0])


def test_a_refused_jump_changes_nothing() -> None:
    optimizer = sgd()
    scheduler = Scheduler(optimizer, STAIRS)
    with pytest.raises(ValueError, match="step must not be negative, but got -1"):
        scheduler.step(-1)
    assert (scheduler.last_epoch, lrs(optimizer)) == (0, [0.5])


# State


def checkpoint(step: int) -> tuple[bytes, bytes]:
    """The saved states of a run that has done `step` updates."""
    optimizer = sgd(groups=2)
    scheduler = Scheduler(optimizer, [STAIRS, Cosine(0.1, 5)], momentum=Cosine(0.9, 5))
    for _ in range(step):
        scheduler.step()
    return saved(optimizer.state_dict()), saved(scheduler.state_dict())


def saved(state: dict[str, object]) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def loaded(state: bytes) -> dict[str, object]:
    state_dict: dict[str, object] = torch.load(io.BytesIO(state), weights_only=True)
    return state_dict


ORDERS = [
    order
    for order in itertools.permutations(["build scheduler", "load scheduler", "load optimizer"])
    if order.index("build scheduler") < order.index("load scheduler")
]


@pytest.mark.parametrize("order", ORDERS, ids=", ".join)
@pytest.mark.parametrize("step", range(7))
def test_every_order_of_building_and_loading_resumes_alike(order: tuple[str, ...], step: int) -> None:
    optimizer_state, scheduler_state = checkpoint(step)
    optimizer = sgd(groups=2)
    schedulers: list[Scheduler] = []
    actions = {
        "build scheduler": lambda: schedulers.append(
            Scheduler(optimizer, [STAIRS, Cosine(0.1, 5)], momentum=Cosine(0.9, 5))
        ),
        "load scheduler": lambda: schedulers[0].load_state_dict(loaded(scheduler_state)),
        "load optimizer": lambda: optimizer.load_state_dict(loaded(optimizer_state)),
    }
    for action in order:
        actions[action]()
    for later in range(step, 8):
        assert lrs(optimizer) == [STAIRS(later), Cosine(0.1, 5)(later)]
        assert [group["momentum"] for group in optimizer.param_groups] == [Cosine(0.9, 5)(later)] * 2
        schedulers[0].step()


def test_the_scheduler_state_alone_restores_the_lr() -> None:
    optimizer = sgd()
    Scheduler(optimizer, STAIRS).load_state_dict({"version": 1, "step": 2, "factor": 1.0})
    assert lrs(optimizer) == [0.25]


def test_the_state_is_json_without_the_schedule() -> None:
    scheduler = Scheduler(sgd(), STAIRS)
    scheduler.step()
    assert json.loads(json.dumps(scheduler.state_dict())) == {"version": 1, "step": 1, "factor": 1.0}


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({"version": 2, "step": 1, "factor": 1.0}, ValueError, "the version of a scheduler state must be 1, but got 2"),
        ({"version": 1}, ValueError, "a scheduler state lacks the field 'step'"),
        ({"version": 1, "step": 1}, ValueError, "a scheduler state lacks the field 'factor'"),
        ({"version": 1, "step": 1, "factor": 1.0, "x": 1}, ValueError, "a scheduler state has no field 'x'"),
        ({"version": 1, "step": -1, "factor": 0.5}, ValueError, "step must not be negative, but got -1"),
        ({"version": 1, "step": 1.5, "factor": 0.5}, TypeError, "step must be an integer"),
        ({"version": 1, "step": 1, "factor": -0.5}, ValueError, "factor must be finite and not negative, but got -0.5"),
    ],
)
def test_a_bad_state_is_refused_and_changes_nothing(
    state: dict[str, object], error: type[Exception], message: str
) -> None:
    optimizer = sgd()
    scheduler = Scheduler(optimizer, STAIRS, last_epoch=1)
    with pytest.raises(error, match=message):
        scheduler.load_state_dict(state)
    assert (scheduler.last_epoch, scheduler.factor, lrs(optimizer)) == (2, 1.0, [0.25])


# The factor on top of the schedule


def test_a_factor_scales_present_and_later_lrs_but_no_momentum() -> None:
    optimizer = sgd()
    scheduler = Scheduler(optimizer, STAIRS, momentum=STAIRS)
    scheduler.factor = 0.5
    for lr in STAIRS_LRS:
        assert lrs(optimizer) == scheduler.get_last_lr() == scheduler.get_lr() == [0.5 * lr]
        assert optimizer.param_groups[0]["momentum"] == lr
        scheduler.step()


def test_the_factor_is_part_of_the_state() -> None:
    scheduler = Scheduler(sgd(), STAIRS)
    scheduler.factor = 0.25
    optimizer = sgd()
    resumed = Scheduler(optimizer, STAIRS)
    resumed.load_state_dict(scheduler.state_dict())
    assert (resumed.factor, lrs(optimizer)) == (0.25, [0.125])


@pytest.mark.parametrize("factor", [-0.5, float("nan"), float("inf")])
def test_a_bad_factor_is_refused_and_changes_nothing(factor: float) -> None:
    optimizer = sgd()
    scheduler = Scheduler(optimizer, STAIRS)
    with pytest.raises(ValueError, match=f"factor must be finite and not negative, but got {factor}"):
        scheduler.factor = factor
    assert (scheduler.factor, lrs(optimizer)) == (1.0, [0.5])


# Copies and lifetime


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
@pytest.mark.parametrize("scheduler_first", [False, True])
def test_a_copied_scheduler_and_optimizer_stay_paired(copied: Callable[..., tuple], scheduler_first: bool) -> None:
    optimizer = sgd()
    pair = (optimizer, Scheduler(optimizer, STAIRS))
    if scheduler_first:
        _, (scheduler_copy, optimizer_copy) = pair, copied(pair[::-1])
    else:
        optimizer_copy, scheduler_copy = copied(pair)
    scheduler_copy.step(2)
    assert scheduler_copy.optimizer is optimizer_copy
    assert (lrs(optimizer_copy), lrs(optimizer)) == ([0.25], [0.5])


def test_there_is_no_reference_cycle() -> None:
    optimizer = sgd()
    scheduler = Scheduler(optimizer, STAIRS, momentum=STAIRS)
    optimizer.step()
    scheduler.step()
    dead = [weakref.ref(optimizer), weakref.ref(scheduler)]
    gc.disable()
    try:
        del optimizer, scheduler
        assert [reference() for reference in dead] == [None, None]
    finally:
        gc.enable()


# Arguments


class Wrapper:
    """An optimizer wrapped as by mixed-precision and distributed libraries."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.param_groups = optimizer.param_groups


def test_anything_with_param_groups_can_be_scheduled() -> None:
    optimizer = sgd()
    Scheduler(Wrapper(optimizer), STAIRS)
    assert lrs(optimizer) == [0.5]


def test_other_objects_are_refused() -> None:
    with pytest.raises(TypeError, match="optimizer must have param_groups, but got list"):
        Scheduler([parameter()], STAIRS)


def test_a_non_schedule_is_refused() -> None:
    with pytest.raises(TypeError, match=r"schedule must be a Schedule, or a list or mapping of them, but got 0\.1"):
        Scheduler(sgd(), 0.1)


@pytest.mark.parametrize("name", ["schedule", "momentum"])
def test_a_list_of_another_length_is_refused(name: str) -> None:
    message = f"{name} must have one value for each of the 2 param groups, but got 3"
    with pytest.raises(ValueError, match=message):
        Scheduler(sgd(groups=2), **{"schedule": STAIRS, name: [STAIRS] * 3})


def test_a_last_epoch_below_minus_one_is_refused() -> None:
    with pytest.raises(ValueError, match="last_epoch must be at least -1, but got -2"):
        Scheduler(sgd(), STAIRS, last_epoch=-2)
