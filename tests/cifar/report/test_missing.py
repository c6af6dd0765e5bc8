"""Pages of run folders with missing or incomplete files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrcore import RangeTestResult, StopReason
from lrcore.cifar.report.blocks import Paragraph, Table
from lrcore.cifar.report.runs import Missing, RecordedRun, read_runs
from lrcore.cifar.report.sections import (
    classes,
    data_and_weights,
    headline,
    loss,
    range_test,
    settings,
    times,
    versions,
)

SECTIONS = {
    "trace.csv": ("learning-rate", "loss"),
    "history.csv": ("accuracy-by-epoch",),
    "result.json": ("classes",),
    "range_test.json": ("range-test",),
    "log.jsonl": ("events",),
    "misclassified.png": ("misclassified-images",),
}


def test_a_new_run_says_what_is_missing_in_each_section(runs: dict[str, Path], read_page: Callable[..., Any]) -> None:
    for file in SECTIONS:
        (runs["keras"] / file).unlink(missing_ok=True)
    for page in (read_page(*runs.values()), read_page(runs["keras"])):
        for file, sections in SECTIONS.items():
            for section in sections:
                assert f"keras has no {file}." in page.text(section)
        assert "keras has no result: no training has come to its end." in page.text("results")


def damaged(run: Path, file: str, content: bytes) -> Any:
    (run / file).write_bytes(content)
    return getattr(RecordedRun.read("run", run), file.partition(".")[0])


@pytest.mark.parametrize("file", ["trace.csv", "history.csv", "result.json", "range_test.json", "log.jsonl"])
def test_a_damaged_file_is_named(file: str, runs: dict[str, Path]) -> None:
    for content in (b"{\n", b"[]\n", b"nan,nan\n" * 3, b"\xff\xfe\x00\n", b"[" * 100_000 + b"\n"):
        part = damaged(runs["torch"], file, content)
        assert isinstance(part, Missing)
        assert part.sentence.startswith(f"{file} of run cannot be read: {runs['torch'] / file}")
        assert part.sentence.endswith(".")


def test_a_folder_in_place_of_a_file_is_named(runs: dict[str, Path]) -> None:
    (runs["torch"] / "trace.csv").unlink()
    (runs["torch"] / "trace.csv").mkdir()
    (run,) = read_runs([runs["torch"]])
    assert run.trace == Missing("trace.csv of torch cannot be read: Is a directory.")


def test_a_log_that_a_crash_has_cut_short_is_read_up_to_there(runs: dict[str, Path]) -> None:
    assert damaged(runs["torch"], "log.jsonl", b'{"event": "update"}\n{"eve') == [{"event": "update"}]


WRONG = [
    None,
    7,
    "text",
    [],
    {},
    [[1, 2], [3, 4]],
    [[1] * 10] * 9,
    [[-1] * 10] * 10,
    [[0.5] * 10] * 10,
    [["1"] * 10] * 10,
    [[True] * 10] * 10,
    [[]] * 10,
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_result_of_another_shape_has_no_confusion_matrix(wrong: Any, runs: dict[str, Path]) -> None:
    result = {"classes": None, "per_class_accuracy": None, "test_accuracy": wrong, "seconds": wrong, "updates": wrong}
    (runs["torch"] / "result.json").write_text(json.dumps({**result, "confusion_matrix": wrong}))
    read = read_runs([runs["torch"]])
    assert list(classes(read).blocks) == [
        Paragraph("The result of torch has no confusion matrix."),
        Paragraph("The result of torch has no accuracies by class."),
    ]
    assert isinstance(headline(read).blocks[0], Table)
    assert isinstance(times(read).blocks[0], Table)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_config_of_another_shape_is_shown_as_far_as_it_goes(wrong: Any, runs: dict[str, Path]) -> None:
    config = {"format": "lrcore-run", "version": 1, "settings": wrong, "data": {"synthetic": wrong}, "machine": {}}
    (runs["torch"] / "config.json").write_text(json.dumps(config))
    read = read_runs([runs["torch"]])
    assert list(settings(read).blocks) == [Paragraph("No settings recorded.")]
    assert list(versions(read).blocks) == [Paragraph("No versions recorded."), Paragraph("No machine recorded.")]
    assert isinstance(headline(read).blocks[0], Table)
    assert len(data_and_weights(read).blocks) == 2


def test_an_older_results_file_is_shown_as_it_is(runs: dict[str, Path], read_page: Callable[..., Any]) -> None:
    (runs["torch"] / "result.json").write_text('{"test_loss": "nan", "test_accuracy": 0.125, "seconds": 3725.0}')
    table = read_page(runs["torch"]).tables["Accuracy and loss are those of the test images, after the last update."]
    assert table["Test loss"] == ["nan"]
    assert table["Test accuracy"] == ["12.50\u00a0%"]
    assert table["Updates"] == ["24"]
    assert table["Time"] == ["1\u00a0h\u00a02\u00a0min"]


def losses_in_words(runs: dict[str, Path], torch_losses: list[float], keras_losses: list[float]) -> str:
    for run, losses in zip(runs.values(), (torch_losses, keras_losses), strict=True):
        rows = [f"{step},0.1,0.1,{value!r}\n" for step, value in enumerate(losses)]
        (run / "trace.csv").write_text("".join(["step,lr,read_back,loss\n", *rows]))
    sentence = loss(read_runs(list(runs.values()))).blocks[0]
    assert isinstance(sentence, Paragraph)
    return sentence.text


@pytest.mark.parametrize(
    ("torch_losses", "keras_losses", "sentence"),
    [
        ([], [], "The losses of torch and keras are never both finite."),
        ([1.0], [np.nan], "The losses of torch and keras are never both finite."),
        ([1.0, np.inf], [1.0, 2.0], "The losses of torch and keras are equal in every update that both did."),
        (
            [2.0, 2.0, 9.0],
            [2.25, 1.5],
            "The largest difference of the losses of torch and keras is 0.5, at update 1: 2 against 1.5.",
        ),
        (
            [1.0, -1e308, np.nan],
            [3.0, 1e308, 5.0],
            "The largest difference of the losses of torch and keras is inf, at update 1: -1e+308 against 1e+308.",
        ),
        (
            [1e-3, 0.5, 2.0],
            [1e-3, 1e3, 1e300],
            "The largest difference of the losses of torch and keras is 1e+300, at update 2: 2 against 1e+300.",
        ),
    ],
)
def test_short_and_diverged_curves_are_drawn_and_compared(
    torch_losses: list[float], keras_losses: list[float], sentence: str, runs: dict[str, Path]
) -> None:
    assert losses_in_words(runs, torch_losses, keras_losses) == sentence


def test_a_history_without_an_epoch_is_no_figure(runs: dict[str, Path], read_page: Callable[..., Any]) -> None:
    header = (runs["torch"] / "history.csv").read_text().splitlines()[0]
    for run in runs.values():
        (run / "history.csv").write_text(header + "\n")
    assert read_page(*runs.values()).text("accuracy-by-epoch") == "Accuracy by epoch"


@pytest.mark.parametrize("points", [0, 1, 20])
def test_range_tests_without_a_suggestion_say_why(points: int, runs: dict[str, Path]) -> None:
    for scale, run in enumerate(runs.values(), start=1):
        lrs, losses = np.geomspace(1e-5, 1, 20)[:points] * scale, np.full(points, 2.0)
        result = RangeTestResult(lrs, losses, losses, StopReason.interrupted)
        (run / "range_test.json").write_text(result.to_json())
    blocks = range_test(read_runs(list(runs.values()))).blocks
    assert Paragraph(f"keras: {result.suggestion().reason}.") in blocks


def test_very_many_events_are_counted(runs: dict[str, Path], read_page: Callable[..., Any]) -> None:
    (runs["torch"] / "log.jsonl").write_text('{"event": "warning", "step": 3, "count": 2}\n' * 1234)
    text = read_page(runs["torch"]).text("events")
    assert text.count("count 2") == 100
    assert text.endswith("1,134 more are in log.jsonl.")


def test_a_quiet_run_says_so(runs: dict[str, Path], read_page: Callable[..., Any]) -> None:
    (runs["torch"] / "log.jsonl").write_text('{"event": "update", "step": 0}\n')
    assert read_page(runs["torch"]).text("events") == "Events Nothing out of the ordinary happened in torch."
