"""The same training in both frameworks in float64, and its parity table."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from lrcore import Constant, Cyclic, Schedule
from lrcore.cifar.data import load
from lrcore.cifar.models import MODELS
from lrcore.cifar.parity import ParityResult, ParitySettings, run_parity
from lrcore.cifar.parity.output import print_result, save_parity

UPDATES = 12
TRIANGLE = Cyclic(1e-3, 1e-2, step_size_up=4)


def compare(data: Path, model: str, updates: int, schedule: Schedule) -> tuple[ParityResult, str]:
    """The result, and what was printed meanwhile."""
    output = io.StringIO()
    settings = ParitySettings(model, updates, batch_size=4, seed=0, schedule=schedule)
    return run_parity(settings, load(data), Console(file=output)), output.getvalue()


@pytest.fixture(scope="module")
def guide(cifar_folder: Path) -> tuple[ParityResult, str]:
    return compare(cifar_folder, "guide", UPDATES, TRIANGLE)


@pytest.fixture(scope="module")
def result(guide: tuple[ParityResult, str]) -> ParityResult:
    return guide[0]


def test_both_frameworks_agree_on_the_guide_under_a_moving_lr(result: ParityResult) -> None:
    pair = result.pairs["lrcore"]
    np.testing.assert_allclose(pair.keras.loss, pair.torch.loss, rtol=1e-10)
    assert np.all(pair.weight_differences < 1e-9)
    assert np.all(pair.torch.loss > 0.5)  # a loss of 0 would show nothing
    assert (pair.broken_limits, result.within_limits) == ((), True)


def test_every_lr_is_the_float64_triangle_on_all_sides(result: ParityResult) -> None:
    heights = [min(step % 8, 8 - step % 8) / 4 for step in range(UPDATES)]
    for pair in result.pairs.values():
        for trace in (pair.torch, pair.keras):
            np.testing.assert_array_equal(trace.step, np.arange(UPDATES))
            np.testing.assert_allclose(trace.lr, 1e-3 + 9e-3 * np.array(heights), rtol=1e-15)
            np.testing.assert_array_equal(trace.read_back, trace.lr)


def test_the_frameworks_own_optimizers_diverge_when_the_lr_moves(result: ParityResult) -> None:
    pair = result.pairs["stock"]
    np.testing.assert_allclose(pair.keras.loss[:2], pair.torch.loss[:2], rtol=1e-10)
    assert pair.weight_differences[0] < 1e-9
    # From the second update on Keras' velocity holds gradients times an lr that has passed.
    assert np.all(pair.weight_differences[1:] > 1e-6)
    assert np.all(pair.loss_differences[3:] > 1e-6)
    assert pair.trace_difference is None
    assert [phrase.split(" difference")[0] for phrase in pair.broken_limits] == ["relative loss", "weight"]


def test_under_a_constant_lr_no_pair_comes_apart(cifar_folder: Path) -> None:
    constant, _ = compare(cifar_folder, "resnet9", 3, Constant(1e-2))
    assert [pair.broken_limits for pair in constant.pairs.values()] == [(), ()]
    assert constant.pairs["stock"].torch.loss[0] != constant.pairs["stock"].torch.loss[2]


def test_progress_tells_lr_and_loss_of_each_pair(guide: tuple[ParityResult, str]) -> None:
    result, printed = guide
    lines = printed.splitlines()
    for name, last in (("lrcore", lines[len(lines) // 2 - 1]), ("stock", lines[-1])):
        trace = result.pairs[name].torch
        assert last == f"{name} pair 12/12 lr {trace.lr[-1]:.2e} loss {trace.loss[-1]:.3f}"


def test_the_table_has_a_row_for_each_pair(result: ParityResult) -> None:
    output = io.StringIO()
    assert print_result(result, Console(file=output, width=80)) is True
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in output.getvalue().splitlines() if "│" in line]
    pair = result.pairs["stock"]
    assert [(row[0], *row[-2:]) for row in rows] == [
        ("lrcore", "bit-equal", "kept"),
        ("stock", "bit-equal", "broken"),
        ("limit", "bit-equal", ""),
    ]
    assert rows[1][1:4] == [
        f"{pair.loss_differences.max():.1e}",
        str(pair.loss_differences.argmax()),
        f"{pair.weight_differences.max():.1e}",
    ]
    assert "lrcore pair: " not in output.getvalue()
    assert f"stock pair: {pair.broken_limits[0]}\n" in output.getvalue()


def test_a_result_comes_back_from_json_as_it_was(result: ParityResult) -> None:
    content = result.to_dict()
    back = ParityResult.from_dict(json.loads(json.dumps(content, allow_nan=False)))
    assert back.settings == result.settings
    assert back.to_dict() == content
    assert {"lrcore", "numpy", "torch", "keras", "tensorflow"} <= back.versions.keys()


def test_a_result_of_another_version_is_refused(result: ParityResult) -> None:
    with pytest.raises(ValueError, match=r"^the version of a parity result must be 1, but got 2$"):
        ParityResult.from_dict(result.to_dict() | {"version": 2})


def test_a_result_that_lacks_a_field_is_refused(result: ParityResult) -> None:
    content = result.to_dict()
    del content["pairs"]["stock"]["largest_weights"]
    with pytest.raises(ValueError, match=r"^a parity pair lacks the field 'largest_weights'$"):
        ParityResult.from_dict(content)


def test_the_figure_is_a_picture(result: ParityResult, tmp_path: Path) -> None:
    save_parity(result, tmp_path / "parity.png")
    assert (tmp_path / "parity.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("argument", "value", "sentence"),
    [
        ("model", "vgg", f"model must be one of {', '.join(MODELS)}, but got 'vgg'"),
        ("updates", 0, "updates must be at least 1, but got 0"),
        ("batch_size", 0, "batch_size must be at least 1, but got 0"),
        ("seed", -1, "seed must not be negative, but got -1"),
    ],
)
def test_settings_out_of_range_are_refused(argument: str, value: object, sentence: str) -> None:
    good = {"model": "quick", "updates": 1, "batch_size": 1, "seed": 0, "schedule": TRIANGLE}
    with pytest.raises(ValueError, match=rf"^{sentence}$"):
        ParitySettings(**good | {argument: value})
