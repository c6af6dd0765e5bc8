"""A plateau on top of a schedule, such as a warm-up, by its factor; and both frameworks under one rule."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

from lrcore import Constant, Cosine, Plateau, Warmup
from lrcore.keras import ReduceLROnPlateau, ScheduleCallback
from tests.support.keras_plateau import lrs

WARMED_COSINE = Warmup(Cosine(0.5, 40), 5)
METRICS = [4.0, 3.0, 3.0, 3.0, 2.0, 2.0, 2.0, 2.0]
# With patience 2 the second bad epoch in a row reduces: epochs 3 and 6.
FACTORS = [1.0] * 4 + [0.5] * 3 + [0.25]
PER_EPOCH = 6


class Scripted(keras.callbacks.Callback):
    """Puts a metric of our own into the logs of every epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["scripted"] = METRICS[epoch]


def callbacks() -> tuple[ScheduleCallback, ReduceLROnPlateau]:
    schedule = ScheduleCallback(WARMED_COSINE)
    return schedule, ReduceLROnPlateau("scripted", factor=0.5, patience=2, mode="min", base=schedule)


def fit(model: Any, in_order: Any, *given: Any, start: int = 0, epochs: int = len(METRICS)) -> list[float]:
    """The learning rates that the updates used."""
    model.fit(in_order, initial_epoch=start, epochs=epochs, verbose=0, callbacks=[Scripted(), *given])
    return model.optimizer.lrs().tolist()


def expected() -> list[float]:
    factors = np.repeat(FACTORS, PER_EPOCH)
    return (factors * WARMED_COSINE.values(0, len(factors))).astype(np.float32).tolist()


@pytest.mark.parametrize("plateau_first", [False, True])
def test_reductions_stay_on_top_of_a_warmed_up_cosine(
    plateau_first: bool, compiled: Any, in_order: Any, lr_spy: Any
) -> None:
    given = callbacks()
    assert fit(compiled(lr_spy(), jit_compile=False), in_order, *given[:: -1 if plateau_first else 1]) == expected()
    first = given[1].events[0]
    assert (first.step, first.old_lrs, first.new_lrs) == (3, (WARMED_COSINE(24),), (WARMED_COSINE(24) / 2,))


@pytest.mark.parametrize(("epoch", "plateau_first"), [(3, False), (4, True)])
def test_a_resumed_run_is_the_uninterrupted_one(
    epoch: int, plateau_first: bool, compiled: Any, in_order: Any, lr_spy: Any
) -> None:
    first, second = callbacks(), callbacks()
    used = fit(compiled(lr_spy(), jit_compile=False), in_order, *first, epochs=epoch)
    for old, new in list(zip(first, second, strict=True))[:: -1 if plateau_first else 1]:
        new.load_state_dict(json.loads(json.dumps(old.state_dict())))
    assert used + fit(compiled(lr_spy(), jit_compile=False), in_order, *second, start=epoch) == expected()


def test_the_learning_rate_is_not_reduced_below_its_bound(compiled: Any, in_order: Any) -> None:
    schedule = ScheduleCallback(Constant(0.5))
    plateau = ReduceLROnPlateau("scripted", factor=0.1, patience=1, mode="max", min_lr=0.25, base=schedule)
    fit_model = compiled(keras.optimizers.SGD(0.5), jit_compile=False)
    fit_model.fit(in_order, epochs=4, verbose=0, callbacks=[Scripted(), schedule, plateau])
    assert schedule.factor == 0.5
    assert float(fit_model.optimizer.learning_rate.numpy()) == 0.25


def test_a_base_that_fit_was_not_given_is_refused(compiled: Any, in_order: Any) -> None:
    _, plateau = callbacks()
    with pytest.raises(ValueError, match=r"^base must be among the callbacks of the same fit$"):
        fit(compiled(), in_order, plateau)


def test_another_kind_of_base_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^base must be a ScheduleCallback, but got Constant$"):
        ReduceLROnPlateau(base=Constant(0.5))  # type: ignore[arg-type]


@pytest.mark.parametrize("compat", ["torch", "keras"])
def test_both_ways_of_counting_are_those_of_the_one_controller(compat: str) -> None:
    metrics = np.random.default_rng(5).uniform(0.5, 1.5, 40).tolist()
    rule = {"factor": 0.5, "patience": 2, "cooldown": 2, "compat": compat}
    plateau, lr, ours = Plateau(threshold_mode="abs", **rule), 1.0, []
    for metric in metrics:
        reduction = plateau.update(metric, lr)
        lr = reduction.new_lrs[0] if reduction else lr
        ours.append(lr)
    assert lrs(ReduceLROnPlateau("loss", **rule), metrics) == ours
