"""Traces on disk, and the rule by which two runs agree."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import numpy as np
import pytest

from lrcore import Cyclic, Difference, Trace, TraceWriter, first_difference

NAN, INF = float("nan"), float("inf")
LRS = Cyclic(1e-3, 1e-2, 7, 5).values(0, 40)
EXACT, ROUNDED = LRS, LRS.astype(np.float32).astype(np.float64)


def trace(lr: np.ndarray = LRS, read_back: np.ndarray = EXACT, first: int = 0) -> Trace:
    return Trace(np.arange(first, first + len(lr)), lr, read_back, np.linspace(2.3, 1.0, len(lr)))


def changed(values: np.ndarray, index: int, value: float) -> np.ndarray:
    copy = values.copy()
    copy[index] = value
    return copy


# On disk


def test_a_trace_round_trips_bit_for_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**64, (400, 3), dtype=np.uint64).view(np.float64)
    values[np.isnan(values)] = NAN
    values[:5, 0] = [0.0, -0.0, INF, -INF, 5e-324]
    with TraceWriter(tmp_path / "trace.csv") as writer:
        for step, row in enumerate(values.tolist()):
            writer.append(step, *row)
    read = Trace.read(tmp_path / "trace.csv")
    assert len(read) == 400
    assert read.step.tolist() == list(range(400))
    columns = np.stack([read.lr, read.read_back, read.loss], axis=1)
    assert columns.view(np.uint64).tolist() == values.view(np.uint64).tolist()


def test_the_file_is_plain_csv(tmp_path: Path) -> None:
    with TraceWriter(tmp_path / "trace.csv") as writer:
        writer.append(0, 0.1, np.float32(0.1), NAN)
        writer.append(np.int64(1), np.float64(1e-5), 1, -INF)
    assert (tmp_path / "trace.csv").read_bytes() == (
        b"step,lr,read_back,loss\n0,0.1,0.10000000149011612,nan\n1,1e-05,1.0,-inf\n"
    )


def test_a_trace_without_updates_reads_back(tmp_path: Path) -> None:
    TraceWriter(tmp_path / "trace.csv").close()
    read = Trace.read(str(tmp_path / "trace.csv"))
    assert len(read) == 0
    assert read.step.dtype == np.int64


def test_an_exception_leaves_the_rows_so_far(tmp_path: Path) -> None:
    with contextlib.suppress(KeyboardInterrupt), TraceWriter(tmp_path / "trace.csv") as writer:
        writer.append(0, 0.1, 0.1, 2.3)
        raise KeyboardInterrupt
    assert Trace.read(tmp_path / "trace.csv").loss.tolist() == [2.3]


def test_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    (tmp_path / "trace.csv").write_bytes(b"step,lr,read_back,loss\r\n0,0.1,0.1,2.3\r\n")
    assert Trace.read(tmp_path / "trace.csv").lr.tolist() == [0.1]


HEADER = b"step,lr,read_back,loss\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "line 1: expected the header 'step,lr,read_back,loss'"),
        (b"step,lr\n", "line 1: expected the header 'step,lr,read_back,loss'"),
        (HEADER + b"0,0.1,0.1\n", r"line 2: expected step,lr,read_back,loss, but got '0,0.1,0.1\n'"),
        (HEADER + b"0,0.1,0.1,1,1\n", r"line 2: expected step,lr,read_back,loss, but got '0,0.1,0.1,1,1\n'"),
        (HEADER + b"0,1,1,1\n1,1,1,x\n", r"line 3: expected step,lr,read_back,loss, but got '1,1,1,x\n'"),
        (HEADER + b"0.5,1,1,1\n", r"line 2: expected step,lr,read_back,loss, but got '0.5,1,1,1\n'"),
        (HEADER + b"9223372036854775808,1,1,1\n", "line 2: expected step,lr,read_back,loss, but got "),
        (HEADER + b"\n", r"line 2: expected step,lr,read_back,loss, but got '\n'"),
        (HEADER + b"0,1,1,2.3\n1,1,1,2.", "line 3: expected step,lr,read_back,loss, but got '1,1,1,2.'"),
        (HEADER + b"\xff\xfe,1,1,1\n", "line 2: expected step,lr,read_back,loss, but got "),
        (HEADER + b"0,1,1," + b"9" * 5000 + b"x\n", "line 2: expected step,lr,read_back,loss, but got "),
    ],
)
def test_a_malformed_file_is_refused_by_name_and_line(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "trace.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{re.escape(f'{path}, {sentence}')}"):
        Trace.read(path)


def test_a_missing_file_and_an_unwritable_one_are_os_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        Trace.read(tmp_path / "none.csv")
    with pytest.raises(FileNotFoundError, match=r"trace\.csv"):
        TraceWriter(tmp_path / "none" / "trace.csv")


def test_a_row_must_hold_numbers(tmp_path: Path) -> None:
    with TraceWriter(tmp_path / "trace.csv") as writer:
        with pytest.raises(TypeError, match=r"^lr must be a number, but got '0.1'$"):
            writer.append(0, "0.1", 0.1, 1.0)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^step must be an integer, but got 0.5$"):
            writer.append(0.5, 0.1, 0.1, 1.0)  # type: ignore[arg-type]
    assert len(Trace.read(tmp_path / "trace.csv")) == 0


# In memory


def test_columns_are_copies_that_cannot_be_written() -> None:
    lr = LRS.copy()
    some = trace(lr)
    lr[0] = 9.0
    assert some.lr[0] == LRS[0]
    with pytest.raises(ValueError, match="read-only"):
        some.lr[0] = 1.0


def test_columns_must_fit() -> None:
    with pytest.raises(ValueError, match=r"^the columns of a trace must be one-dimensional and of equal length"):
        Trace([0, 1], [0.1], [0.1], [1.0])
    with pytest.raises(TypeError, match=r"^step must hold integers, but got float64$"):
        Trace([0.5], [0.1], [0.1], [1.0])


# Compared


@pytest.mark.parametrize("a", [EXACT, ROUNDED], ids=["A exact", "A rounded"])
@pytest.mark.parametrize("b", [EXACT, ROUNDED], ids=["B exact", "B rounded"])
def test_read_backs_may_be_the_lr_or_its_float32(a: np.ndarray, b: np.ndarray) -> None:
    assert first_difference(trace(read_back=a), trace(read_back=b)) is None


def test_losses_are_not_compared() -> None:
    a, b = trace(), trace()
    other = Trace(b.step, b.lr, b.read_back, b.loss * np.nan)
    assert first_difference(a, other) is None


def test_two_empty_traces_agree() -> None:
    assert first_difference(trace(LRS[:0], EXACT[:0]), trace(LRS[:0], EXACT[:0])) is None


def test_lrs_must_agree_to_the_last_bit() -> None:
    above = float(np.nextafter(LRS[17], 1))
    b = trace(changed(LRS, 17, above), changed(EXACT, 17, above))
    reason = f"update 17: lr {float(LRS[17])!r} against {above!r}"
    assert first_difference(trace(), b) == Difference(17, reason)


def test_a_read_back_that_is_neither_is_a_difference_of_that_run() -> None:
    wrong = trace(read_back=changed(EXACT, 17, 0.1))
    reason = f"update 17: read-back 0.1 of run {{}} is neither lr {float(LRS[17])!r} nor its float32"
    assert first_difference(wrong, trace()) == Difference(17, reason.format("A"))
    assert first_difference(trace(), wrong) == Difference(17, reason.format("B"))
    assert first_difference(wrong, wrong) == Difference(17, reason.format("A"))


def test_a_read_back_one_float32_away_is_a_difference() -> None:
    beside = float(np.nextafter(np.float32(LRS[3]), np.float32(1)))
    found = first_difference(trace(), trace(read_back=changed(ROUNDED, 3, beside)))
    assert found is not None
    assert found.step == 3


def test_nan_is_no_read_back_of_a_number() -> None:
    found = first_difference(trace(), trace(read_back=changed(EXACT, 5, NAN)))
    assert found is not None
    assert found.reason.startswith("update 5: read-back nan of run B")


def test_the_first_of_several_differences_is_told() -> None:
    b = trace(changed(LRS, 9, 0.5), changed(EXACT, 4, 0.7))
    found = first_difference(trace(), b)
    assert found is not None
    assert found.step == 4


def test_steps_must_agree() -> None:
    found = first_difference(trace(), trace(first=1))
    assert found == Difference(0, "update 0: run B has update 1 in its place")


def test_lengths_must_agree() -> None:
    short = trace(LRS[:10], EXACT[:10])
    assert first_difference(trace(), short) == Difference(10, "run B ends after 10 updates, run A has 40")
    assert first_difference(short, trace()) == Difference(10, "run A ends after 10 updates, run B has 40")


def test_a_difference_before_the_end_of_the_shorter_comes_first() -> None:
    short = trace(changed(LRS[:10], 3, 0.5), changed(EXACT[:10], 3, 0.5))
    found = first_difference(trace(), short)
    assert found is not None
    assert found.step == 3


def test_a_trace_is_written_on_after_the_rows_that_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    with TraceWriter(path) as writer:
        for step in range(5):
            writer.append(step, 0.1, 0.1, 2.0)
    with TraceWriter(path, keep=2) as writer:
        writer.append(2, 0.3, 0.3, 1.0)
    np.testing.assert_array_equal(Trace.read(path).lr, [0.1, 0.1, 0.3])


def test_flushed_rows_are_in_the_file_while_it_is_open(tmp_path: Path) -> None:
    with TraceWriter(tmp_path / "trace.csv") as writer:
        writer.append(0, 0.1, 0.1, 2.0)
        writer.flush()
        assert len(Trace.read(tmp_path / "trace.csv")) == 1
