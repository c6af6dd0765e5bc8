"""The result of a range test in JSON types, JSON text, CSV and NPZ: nothing is lost, and damage is named."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrcore import RangeTestResult, StopReason

NAN, INF = float("nan"), float("inf")
THIRD = 1 / 3


def plain() -> RangeTestResult:
    return RangeTestResult([0.1, 0.2, THIRD], [INF, -INF, NAN], [2.0, 5e-324, -0.0], StopReason.nonfinite)


def empty() -> RangeTestResult:
    return RangeTestResult([], [], [], StopReason.interrupted)


def empty_of_groups() -> RangeTestResult:
    return RangeTestResult([], [], [], StopReason.interrupted, group_lrs=np.empty((0, 3)))


def run(points: int, seed: int, reason: StopReason = StopReason.diverged) -> RangeTestResult:
    losses = np.random.default_rng(seed).normal(2.0, 0.3, points)
    lrs = np.geomspace(1e-5, 10.0, 100)[:points]
    columns = {"group_lrs": np.column_stack([lrs, 3 * lrs]), "training_losses": losses**2, "metrics": np.cos(losses)}
    return RangeTestResult(lrs, losses, losses / 3, reason, **columns)


def several() -> RangeTestResult:
    return RangeTestResult.of_repeats([run(100, 0, StopReason.finished), run(87, 1), run(90, 2)])


def one_without_points() -> RangeTestResult:
    return RangeTestResult.of_repeats([run(5, 0), run(0, 1, StopReason.nonfinite), run(5, 2)])


def none_with_points_in_the_mean() -> RangeTestResult:
    return RangeTestResult.of_repeats([run(0, 0), run(0, 1), run(5, 2)])


RESULTS = [
    plain,
    empty,
    empty_of_groups,
    lambda: run(2, 0),
    several,
    one_without_points,
    none_with_points_in_the_mean,
]
EXAMPLES = pytest.mark.parametrize(
    "make", RESULTS, ids=["plain", "empty", "empty of groups", "all columns", "repeats", "empty repeat", "empty mean"]
)


def same_bits(a: RangeTestResult, b: RangeTestResult) -> bool:
    names = ("lrs", "losses", "smoothed_losses", "group_lrs", "training_losses", "metrics")
    columns = [(getattr(a, name), getattr(b, name)) for name in names]
    return all((x is y is None) or (x.shape == y.shape and x.tobytes() == y.tobytes()) for x, y in columns)


@EXAMPLES
def test_json_text_is_strict_and_back_bit_for_bit(make: Callable[[], RangeTestResult]) -> None:
    back = RangeTestResult.from_json(make().to_json())
    assert back == make()
    assert same_bits(back, make())
    json.loads(make().to_json(), parse_constant=pytest.fail)  # NaN and Infinity are not JSON


@EXAMPLES
@pytest.mark.parametrize("form", ["csv", "npz"])
def test_a_file_reads_back_bit_for_bit(make: Callable[[], RangeTestResult], form: str, tmp_path: Path) -> None:
    path = tmp_path / "a name without extension"
    getattr(make(), f"to_{form}")(path)
    back = getattr(RangeTestResult, f"from_{form}")(str(path))
    assert back == make()
    assert same_bits(back, make())
    assert all(same_bits(a, b) for a, b in zip(back.repeats, make().repeats, strict=True))
    assert os.listdir(tmp_path) == [path.name]


# JSON types


def test_the_dict_has_every_field_in_json_types() -> None:
    first = RangeTestResult([0.1, 0.2], [3.0, INF], [3.0, INF], StopReason.nonfinite, metrics=[0.5, NAN])
    assert first.to_dict() == {
        "version": 2,
        "lrs": [0.1, 0.2],
        "losses": [3.0, "inf"],
        "smoothed_losses": [3.0, "inf"],
        "stop_reason": "nonfinite",
        "group_lrs": None,
        "training_losses": None,
        "metrics": [0.5, "nan"],
        "repeats": [],
    }
    assert RangeTestResult.of_repeats([first, first]).to_dict()["repeats"] == [first.to_dict()] * 2
    groups = RangeTestResult([0.1, 0.2], [3.0, 1.0], [3.0, 1.0], StopReason.finished, group_lrs=[[0.1, 1], [0.2, 2]])
    assert groups.to_dict()["group_lrs"] == [[0.1, 0.2], [1.0, 2.0]]


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"version": 1}, ValueError, "the version of a range test result must be 2, but got 1"),
        ({"x": 2}, ValueError, "a range test result has no field 'x'"),
        ({"stop_reason": "tired"}, ValueError, "stop_reason must be one of finished, diverged, nonfinite, "
         "data_exhausted, interrupted, but got 'tired'"),
        ({"losses": [1, "many"]}, TypeError, "losses[1] must be a number, but got 'many'"),
        ({"losses": "12"}, TypeError, "losses must be a sequence, but got '12'"),
        ({"metrics": [1.0, None]}, TypeError, "metrics[1] must be a number, but got None"),
        ({"group_lrs": [[0.1, 0.2], [0.3]]}, ValueError, "group_lrs[1] must have 2 learning rates, but got 1"),
        ({"group_lrs": [0.1, 0.2]}, TypeError, "group_lrs[0] must be a sequence, but got 0.1"),
        ({"group_lrs": []}, ValueError, "group_lrs must have lrs as its first column"),
        ({"repeats": [3]}, TypeError, "a range test result must be read from a mapping, but got 3"),
        ({"repeats": None}, TypeError, "repeats must be a sequence, but got None"),
        ({"repeats": [{"version": 2}]}, ValueError, "a range test result lacks the field 'lrs'"),
    ],
)  # fmt: skip
def test_a_malformed_dict_is_refused(change: dict[str, Any], error: type[Exception], sentence: str) -> None:
    content = RangeTestResult([0.1, 0.2], [3.0, 1.0], [3.0, 1.0], StopReason.finished).to_dict()
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        RangeTestResult.from_dict({**content, **change})


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, plain().to_json()[:-1]], ids=["empty", "{", "deep", "cut"])
def test_text_that_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^text must be valid JSON, but it is not: "):
        RangeTestResult.from_json(text)


def test_json_of_something_else_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^a range test result must be read from a mapping, but got \[1\]$"):
        RangeTestResult.from_json("[1]")
    with pytest.raises(TypeError, match=r"^text must be a string, but got b'{}'$"):
        RangeTestResult.from_json(b"{}")  # type: ignore[arg-type]


# CSV


def test_the_csv_file_is_a_comment_titles_and_rows(tmp_path: Path) -> None:
    plain().to_csv(tmp_path / "plain.csv")
    assert (tmp_path / "plain.csv").read_bytes() == (
        b"# lrcore range test, version 2: 3 points, nonfinite\n"
        b"run,lr,loss,smoothed_loss\n"
        b"0,0.1,inf,2.0\n"
        b"0,0.2,-inf,5e-324\n"
        b"0,0.3333333333333333,nan,-0.0\n"
    )


def test_the_repeats_are_further_runs_of_the_csv_file(tmp_path: Path) -> None:
    result = several()
    result.to_csv(tmp_path / "several.csv")
    with open(tmp_path / "several.csv", newline="") as file:
        assert next(file) == (
            "# lrcore range test, version 2: "
            "90 points, diverged; 100 points, finished; 87 points, diverged; 90 points, diverged\n"
        )
        rows = list(csv.DictReader(file))
    assert ",".join(rows[0]) == "run,lr,loss,smoothed_loss,training_loss,metric,group_lr_0,group_lr_1"
    for index, run_of_index in enumerate([result, *result.repeats]):
        own = [row for row in rows if row["run"] == str(index)]
        assert [float(row["metric"]) for row in own] == run_of_index.metrics.tolist()
        assert [float(row["group_lr_1"]) for row in own] == run_of_index.group_lrs[:, 1].tolist()


def test_a_csv_file_with_line_ends_of_windows_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "windows.csv"
    several().to_csv(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert RangeTestResult.from_csv(path) == several()


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("# lrcore", "# other", "line 1: expected '# lrcore range test, version 2: 100 points, finished' or the like, "
         "but got '# other range test, version 2: 2 points, finished'"),
        ("version 2", "version 3", "line 1: expected '# lrcore range test, version 2: 100 points, finished' or the "
         "like, but got '# lrcore range test, version 3: 2 points, finished'"),
        ("finished", "tired", "stop_reason must be one of finished, diverged, nonfinite, data_exhausted, interrupted, "
         "but got 'tired'"),
        ("2 points", "3 points", "it must have 3 whole rows below the titles, but has 2"),
        ("smoothed_loss", "smooth", "line 2: expected the titles run,lr,loss,smoothed_loss, "
         "but got 'run,lr,loss,smooth'"),
        ("0,0.2", "1,0.2", "the column run does not number the runs as the first line does"),
        ("0.2", "0.1", "lrs must be finite, greater than 0 and increasing"),
        ("0.2,", "0.2,,", "line 4: expected 4 numbers, but got '0,0.2,,2.0,2.0'"),
        ("0.2,2.0", "0.2,many", "line 4: expected 4 numbers, but got '0,0.2,many,2.0'"),
        ("0.2,2.0", "0.2", "line 4: expected 4 numbers, but got '0,0.2,2.0'"),
        ("2.0,2.0\n", "2.0,2.0", "it must have 2 whole rows below the titles, but has 1"),
        ("2.0,2.0\n", "2.0,2.0\n\n", "it must have 2 whole rows below the titles, but has 3"),
    ],
)  # fmt: skip
def test_a_damaged_csv_file_is_named_with_its_fault(old: str, new: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "damaged.csv"
    RangeTestResult([0.1, 0.2], [3.0, 2.0], [3.0, 2.0], StopReason.finished).to_csv(path)
    path.write_text(path.read_text().replace(old, new))
    sentence = f"{path} is not a range test result that to_csv wrote: {what}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        RangeTestResult.from_csv(path)


def test_a_csv_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"
    RangeTestResult([0.1, 0.2], [3.0, 2.0], [3.0, 2.0], StopReason.finished, metrics=[0.5, 0.25]).to_csv(path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="^" + re.escape(f"{path} is not a range test result")):
            RangeTestResult.from_csv(path)


def test_a_binary_file_is_no_csv(tmp_path: Path) -> None:
    plain().to_npz(tmp_path / "result.npz")
    with pytest.raises(ValueError, match="line 1: expected '# lrcore range test, version 2: "):
        RangeTestResult.from_csv(tmp_path / "result.npz")


# NPZ


def test_the_npz_file_has_the_columns_by_name(tmp_path: Path) -> None:
    result = several()
    result.to_npz(tmp_path / "several.npz")
    with np.load(tmp_path / "several.npz", allow_pickle=False) as arrays:
        assert arrays["version"] == 2
        assert arrays["stop_reasons"].tolist() == ["diverged", "finished", "diverged", "diverged"]
        assert arrays["points"].tolist() == [90, 100, 87, 90]
        assert arrays["losses"][:90].tolist() == result.losses.tolist()
        assert arrays["group_lrs"].shape == (367, 2)


def saved(path: Path, **change: Any) -> Path:
    """A result of two points with some arrays of another content, or without those that are None."""
    two = np.array([0.1, 0.2])
    arrays = {"version": 2, "stop_reasons": ["finished"], "points": [2], "lrs": two, "losses": two}
    arrays |= {"smoothed_losses": two, **change}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"version": 1}, "the version of a range test result must be 2, but got array(1)"),
        ({"version": None}, "the version of a range test result must be 2, but got None"),
        ({"losses": None}, "a range test result lacks the field 'losses'"),
        ({"other": 1.0}, "a range test result has no field 'other'"),
        ({"losses": np.array([1, 2])}, "losses must be float64, but is int64"),
        ({"losses": np.array([1.0])}, "losses must have 2 rows, but has 1"),
        ({"points": [3]}, "lrs must have 3 rows, but has 2"),
        ({"stop_reasons": ["tired"]}, "stop_reason must be one of finished, diverged, nonfinite, data_exhausted, "
         "interrupted, but got 'tired'"),
        ({"losses": np.array([[1.0], [2.0]])}, "lrs must be one-dimensional and as long as its losses, but got shapes "
         "(2,), losses (2, 1), smoothed_losses (2,)"),
    ],
)  # fmt: skip
def test_a_wrong_npz_file_is_named_with_its_fault(change: dict[str, Any], what: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "wrong.npz", **change)
    sentence = f"{path} is not a range test result that to_npz wrote: {what}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        RangeTestResult.from_npz(path)


def test_no_pickle_is_loaded_from_an_npz_file(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    path = saved(tmp_path / "trap.npz", losses=np.array([Trap(), Trap()], dtype=object))
    with pytest.raises(ValueError, match="Object arrays cannot be loaded when allow_pickle=False"):
        RangeTestResult.from_npz(path)
    assert not (tmp_path / "sprung").exists()


def test_an_npz_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "cut.npz")
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="^" + re.escape(f"{path} is not a range test result")):
            RangeTestResult.from_npz(path)


def test_a_changed_byte_in_an_npz_file_is_detected_or_harmless(tmp_path: Path) -> None:
    path = saved(tmp_path / "changed.npz")
    whole, result = path.read_bytes(), RangeTestResult.from_npz(path)
    outcomes = []
    for place in range(0, len(whole), 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            outcomes.append(RangeTestResult.from_npz(path) == result)
        except ValueError as error:
            outcomes.append(str(error).startswith(f"{path} is not a range test result that to_npz wrote: "))
    assert all(outcomes)


def test_a_single_array_is_no_npz_file(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.ones(3))
    with pytest.raises(ValueError, match=r"wrote: it is not a whole npz archive$"):
        RangeTestResult.from_npz(tmp_path / "array.npy")


# Writing


@pytest.mark.parametrize("form", ["csv", "npz"])
def test_a_file_that_cannot_be_written_leaves_nothing_behind(form: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        getattr(plain(), f"to_{form}")(tmp_path / "folder")
    with pytest.raises(FileNotFoundError):
        getattr(plain(), f"to_{form}")(tmp_path / "missing" / "result")
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.parametrize("form", ["csv", "npz"])
def test_an_existing_file_is_replaced_and_a_link_is_kept(form: str, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("before")
    (tmp_path / "link").symlink_to("target")
    getattr(plain(), f"to_{form}")(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert getattr(RangeTestResult, f"from_{form}")(tmp_path / "target") == plain()


def test_a_new_file_has_the_permissions_that_open_gives(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    plain().to_csv(tmp_path / "result")
    assert stat.S_IMODE((tmp_path / "result").stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


@pytest.mark.parametrize("form", ["csv", "npz"])
def test_a_missing_file_is_called_missing(form: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        getattr(RangeTestResult, f"from_{form}")(tmp_path / "missing")
