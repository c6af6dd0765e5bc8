"""Arguments that `compat` sets, and schedules equal to those written without it."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrcore import (
    Cosine,
    CosineRestarts,
    Linear,
    MultiStep,
    OneCycle,
    PiecewiseConstant,
    Polynomial,
    Schedule,
    Step,
    Warmup,
    WarmupStableDecay,
    parse_schedule,
)
from lrcore.schedules._registry import SCHEDULES

TABLE = Path(__file__).parents[2] / "docs" / "compat.md"
# | one_cycle | optax | `one_cycle(...)` | `one_cycle(...)` |
ROW = re.compile(r"\| `(?P<name>\w+)` \| (?P<peer>\w+) \| `(?P<theirs>[^`]+)` \| `(?P<ours>[^`]+)` \|")
ROWS = [row.groupdict() for row in ROW.finditer(TABLE.read_text())]


def test_the_docs_table_has_every_schedule_and_peer() -> None:
    assert [(row["name"], row["peer"]) for row in ROWS] == [(cls.name, peer) for cls in SCHEDULES for peer in cls.peers]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['name']}-{row['peer']}")
def test_the_docs_table_matches_compat(row: dict[str, str]) -> None:
    assert row["theirs"].startswith(f"{row['name']}(")
    assert row["theirs"].endswith(f'compat="{row["peer"]}")')
    assert parse_schedule(row["theirs"]) == parse_schedule(row["ours"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['name']}-{row['peer']}")
def test_nothing_is_left_of_it(row: dict[str, str]) -> None:
    schedule, plain = parse_schedule(row["theirs"]), parse_schedule(row["ours"])
    assert repr(schedule) == repr(plain)
    assert hash(schedule) == hash(plain)
    assert schedule.to_dict() == plain.to_dict()
    assert "compat" not in schedule.to_dict()
    copies = (Schedule.from_dict(schedule.to_dict()), pickle.loads(pickle.dumps(schedule)), copy.deepcopy(schedule))
    assert copies == (schedule,) * 3
    assert dataclasses.replace(schedule) == schedule


def test_the_step_has_units_too() -> None:
    schedule = parse_schedule('one_cycle(0.1, "30ep", compat="optax")', steps_per_epoch=391)
    assert schedule == OneCycle(0.1, 30 * 391, compat="optax")
    assert parse_schedule("multi_step(0.1, ['30ep'], compat='timm')", steps_per_epoch=2).milestones == (59,)


@pytest.mark.parametrize(
    ("schedule", "same"),
    [
        (OneCycle(0.1, 100, 0.3, compat="fastai"), OneCycle(0.1, 100, 0.3, final_div_factor=4e3, last="T")),
        (OneCycle(0.1, 100, last="T-1", compat="fastai"), OneCycle(0.1, 100, 0.25, final_div_factor=4e3)),
        (Cosine(0.1, 100, end="hold", compat="torch"), Cosine(0.1, 100)),
        (Cosine(0.1, 100, 0.0, 1.0, 1.0, "raise", compat="torch"), Cosine(0.1, 100, end="raise")),
        (Cosine(0.1, 100, alpha=0.1, last="T-1", compat="torch"), Cosine(0.1, 99, 0.1 * 0.1, end="mirror")),
        (CosineRestarts(0.1, 10, cycles=None, compat="transformers"), CosineRestarts(0.1, 10)),
        (CosineRestarts(0.1, 10, 1, compat="keras"), CosineRestarts(0.1, 10)),
        (Polynomial(0.1, 100, 0.0, 1, compat="timm"), Polynomial(0.1, 100)),
        (Polynomial(0.1, 100, 0.0, compat="keras"), Polynomial(0.1, 100)),
        (MultiStep(0.1, [7], 0.1, compat="timm"), MultiStep(0.1, [6], 0.1)),
        (MultiStep(milestones=np.array([7]), base_lr=1, compat="timm"), MultiStep(1, [6], 1.0)),
        (Step(0.1, 7, 0.1, compat="timm"), Step(0.1, 7)),
        (Linear(0.0, 0.1, 9, last="T-1", compat="torch"), Linear(0.0, 0.1, 9)),
        (Warmup(Step(0.1, 9), 5, prefix=False, compat="timm"), Warmup(Step(0.1, 9), 5, first="0", prefix=False)),
        (Warmup(Step(0.1, 9), 5, first="1/W", compat="torch"), Warmup(Step(0.1, 9), 5, first="1/W", start_lr=0.1 / 3)),
        (Warmup(Step(0.1, 9), 5, start_lr=0.0, compat="torch"), Warmup(Step(0.1, 9), 5, first="0")),
    ],
    ids=repr,
)
def test_an_explicit_argument_overrides_a_peers_default(schedule: Schedule, same: Schedule) -> None:
    assert schedule == same


@pytest.mark.parametrize("compat", ["Torch", "pytorch", ""])
def test_an_unknown_peer_is_refused_with_those_there_are(compat: str) -> None:
    known = "'torch', 'optax', 'fastai' for OneCycle"
    with pytest.raises(ValueError, match=rf"^compat must be one of {known}, but got '{compat}'$"):
        OneCycle(0.1, 100, compat=compat)
    with pytest.raises(ValueError, match=rf"^compat must be one of {known}, but got '{compat}'$"):
        parse_schedule(f"one_cycle(0.1, 100, compat={compat!r})")


@pytest.mark.parametrize(
    ("cls", "arguments", "peer"),
    [
        (OneCycle, (0.1, 100), "keras"),
        (Warmup, (Cosine(0.1, 100), 10), "fastai"),
        (CosineRestarts, (0.1, 10), "optax"),
        (WarmupStableDecay, (0.1, 1, 1, 1), "torch"),
        (PiecewiseConstant, ([1], [0.1, 0.2]), "timm"),
    ],
)
def test_a_peer_without_the_family_is_refused(cls: Any, arguments: tuple[Any, ...], peer: str) -> None:
    with pytest.raises(ValueError, match=rf"^compat must be one of .* for {cls.__name__}, but got '{peer}'$"):
        cls(*arguments, compat=peer)


def test_a_peer_is_named_by_a_string() -> None:
    with pytest.raises(TypeError, match=r"^compat must be a string, but got 3$"):
        Cosine(0.1, 100, compat=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("arguments", [{"compat": "fastai"}, {"compat": "optax"}, {"last": "T"}], ids=str)
def test_the_type_of_the_number_of_steps_is_not_kept(arguments: dict[str, Any]) -> None:
    schedule = OneCycle(0.1, np.int64(54), **arguments)
    assert schedule == eval(repr(schedule)) == OneCycle(0.1, 54, **arguments)
    assert [type(value) for value in schedule.to_dict().values()][3:5] == [int, float]


def test_optax_endpoints_cannot_be_combined_with_last() -> None:
    with pytest.raises(ValueError, match=r"^last must be 'T' with compat='optax', .* but got 'T-1'$"):
        OneCycle(0.1, 9, compat="optax", last="T-1")
    assert OneCycle(0.1, 9, compat="optax", last="T") == OneCycle(0.1, 9, compat="optax")


def test_arguments_are_checked_as_without_it() -> None:
    with pytest.raises(TypeError, match="total_steps"):
        OneCycle(0.1, compat="torch")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'steps'"):
        OneCycle(0.1, 10, steps=10, compat="optax")  # type: ignore[call-arg]
    for pct_start in (-0.1, 1.5, float("nan")):
        for peer in ("torch", "optax", "fastai"):
            with pytest.raises(ValueError, match=r"^pct_start must be .* but got "):
                OneCycle(0.1, 100, pct_start, compat=peer)
    with pytest.raises(ValueError, match=r"^div_factor must be a finite number greater than 0, but got 0\.0$"):
        OneCycle(0.1, 100, div_factor=0, compat="fastai")
    for total_steps in (0, -1, -5):
        for peer in ("optax", "fastai"):
            with pytest.raises(ValueError, match=r"^total_steps must be at least 1 with last='T', but got "):
                OneCycle(0.1, total_steps, compat=peer)
    with pytest.raises(TypeError, match=r"^milestones\[0\] must be an integer, but got 1\.5$"):
        MultiStep(0.1, [1.5], compat="timm")  # type: ignore[list-item]
    with pytest.raises(ValueError, match=r"^milestones\[0\] must be at least 0, but got -5$"):
        MultiStep(0.1, [-5], compat="timm")
    with pytest.raises(ValueError, match=r"^boundaries\[0\] must be at least 1, but got -1$"):
        PiecewiseConstant([-1], [0.1, 0.2], compat="keras")
    with pytest.raises(TypeError, match=r"^base must be a learning-rate schedule, but got 0\.1$"):
        Warmup(0.1, 10, compat="torch")  # type: ignore[arg-type]
