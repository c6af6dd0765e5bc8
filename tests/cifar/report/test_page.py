"""Contents of a report on two finished runs, compared with their files."""

from __future__ import annotations

import base64
import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lrcore import Cyclic
from lrcore.cifar.report import write_report

RESULTS = "Accuracy and loss are those of the test images, after the last update."
SETTINGS = "What config.json records; ≠ marks where runs differ."
NOTHING = "\N{EN DASH}"
WARNING = "the run of 24 updates ends 8 updates into a cycle of 16: whole cycles end after 16 or 32 updates"


def losses_of(run: Path) -> list[float]:
    return [float(row["loss"]) for row in csv.DictReader((run / "trace.csv").read_text().splitlines())]


def result_of(run: Path) -> dict[str, Any]:
    return json.loads((run / "result.json").read_text())


def test_the_results_are_those_of_the_runs(trained: dict[str, Path], both: Any) -> None:
    table = both.tables[RESULTS]
    results = [result_of(run) for run in trained.values()]
    schedule = repr(Cyclic(1e-3, 1e-2, 8))
    assert table["Framework"] == ["torch", "keras"]
    assert table["Model"] == ["quick", "quick"]
    assert table["Schedule"] == [schedule, schedule]
    assert table["Test accuracy"] == [f"{100 * result['test_accuracy']:.2f}\u00a0%" for result in results]
    assert table["Test loss"] == [f"{result['test_loss']:.4g}" for result in results]
    assert table["Updates"] == ["24", "24"]
    assert table["Updates per second"] == [f"{24 / result['seconds']:.4g}" for result in results]


def test_learning_rates_are_said_to_be_equal_bit_for_bit(both: Any) -> None:
    assert "keras followed the learning rates of torch bit for bit in all 24 updates." in both.text("learning-rate")


def test_the_largest_difference_of_the_losses_is_found(trained: dict[str, Path], both: Any) -> None:
    pairs = list(zip(*map(losses_of, trained.values()), strict=True))
    step = max(range(24), key=lambda index: abs(pairs[index][0] - pairs[index][1]))
    a, b = pairs[step]
    assert f"torch and keras is {abs(a - b):.3g}, at update {step}: {a:.6g} against {b:.6g}." in both.text("loss")


def test_differing_learning_rates_show_their_largest_difference(
    runs: dict[str, Path], read_page: Callable[..., Any]
) -> None:
    lines = (runs["keras"] / "trace.csv").read_text().splitlines(keepends=True)
    for step, lr in ((8, "0.5"), (9, "0.75")):
        lines[step + 1] = ",".join([str(step), lr, lr, lines[step + 1].split(",")[3]])
    (runs["keras"] / "trace.csv").write_text("".join(lines))
    text = read_page(*runs.values()).text("learning-rate")
    assert "torch (run A) and keras (run B) are not equal: update 8: lr 0.01 against 0.5." in text
    assert "is 0.741, at update 9: 0.008875 against 0.75." in text


def test_confusion_matrices_and_class_accuracies_match_the_results(trained: dict[str, Path], both: Any) -> None:
    by_class = both.tables["Test accuracy by class"]
    for index, (name, run) in enumerate(trained.items()):
        matrix, result = both.tables[f"Confusion matrix of {name}"], result_of(run)
        assert list(matrix) == result["classes"]
        assert [[int(cell) for cell in cells] for cells in matrix.values()] == result["confusion_matrix"]
        shown = [cells[index] for cells in by_class.values()]
        assert shown == [f"{100 * share:.2f}\u00a0%" for share in result["per_class_accuracy"]]


def test_a_class_without_images_has_no_accuracy(runs: dict[str, Path], read_page: Callable[..., Any]) -> None:
    result = result_of(runs["torch"]) | {"classes": ["a", "b"], "per_class_accuracy": [None, 0.5]}
    (runs["torch"] / "result.json").write_text(json.dumps(result))
    assert read_page(runs["torch"]).tables["Test accuracy by class"] == {"a": [NOTHING], "b": ["50.00\u00a0%"]}


def test_cells_are_shaded_by_the_root_of_their_share_of_the_row(
    runs: dict[str, Path], read_page: Callable[..., Any]
) -> None:
    result = result_of(runs["torch"]) | {"classes": ["a", "b"], "confusion_matrix": [[9, 16], [0, 0]]}
    (runs["torch"] / "result.json").write_text(json.dumps(result))
    cells = [attributes for tag, attributes in read_page(runs["torch"]).elements if tag == "td"]
    shades = [attributes["style"] for attributes in cells if "style" in attributes]
    assert shades == ["--shade: 0.60", "--shade: 0.80", "--shade: 0.00", "--shade: 0.00"]


def test_range_tests_are_read_where_the_loss_falls(both: Any) -> None:
    table = both.tables["What the range test suggests"]
    assert table["Updates"] == ["101", "101"]
    assert table["Stopped"] == ["finished", "finished"]
    assert [float(cell) for cell in table["Static learning rate"]] == pytest.approx([1e-3, 1e-2], rel=0.1)
    assert [float(cell) for cell in table["Lower bound"]] == pytest.approx([1e-3 / 3, 1e-2 / 3], rel=0.1)
    assert [float(cell) for cell in table["Upper bound"]] == pytest.approx([3e-3, 3e-2], rel=0.1)


def figures(page: Any, section: str) -> list[str]:
    """The alternative text of each figure of a section."""
    inside, found = "", []
    for tag, attributes in page.elements:
        inside = attributes["id"] if tag == "section" else inside
        if inside == section and attributes.get("role") == "img":
            found.append(attributes["aria-label"])
    return found


def test_different_range_tests_are_overlaid_and_shown_singly(both: Any) -> None:
    overlay_style, first, second = figures(both, "range-test")
    assert "range tests of torch, keras," in overlay_style
    assert "range test of torch," in first
    assert "range test of keras," in second


def test_equal_range_tests_are_shown_once(
    trained: dict[str, Path], runs: dict[str, Path], read_page: Callable[..., Any]
) -> None:
    for run in runs.values():
        shutil.copy(trained["torch"] / "range_test.json", run)
    (alone,) = figures(read_page(*runs.values()), "range-test")
    assert "range test of torch, keras," in alone


def test_events_are_told_and_updates_and_epochs_are_not(both: Any) -> None:
    warning = ["warning", NOTHING, NOTHING, WARNING]
    rollback = ["rollback", "12", NOTHING, "the loss is 60, back to update 12"]
    told = both.tables["All that is neither an update nor the end of an epoch."]
    assert told == {"torch": [*warning, *rollback], "keras": [*warning, *rollback]}


def test_settings_that_differ_are_marked(both: Any) -> None:
    assert both.tables[SETTINGS]["framework"] == ["torch", "keras"]
    assert both.tables[SETTINGS]["batch_size"] == ["16", "16"]
    assert both.marked == {"framework", "sha256"}  # the latter of the weights


def test_one_run_has_nothing_that_differs(runs: dict[str, Path], read_page: Callable[..., Any]) -> None:
    page = read_page(runs["torch"])
    assert page.marked == set()
    assert "equal" not in page.text("learning-rate")
    assert "difference" not in page.text("loss")


def test_data_weights_versions_machine_and_times_are_there(trained: dict[str, Path], both: Any) -> None:
    configs = [json.loads((run / "config.json").read_text()) for run in trained.values()]
    results = [result_of(run) for run in trained.values()]
    assert both.tables["Data"]["sha256"] == [config["data"]["sha256"] for config in configs]
    assert both.tables["Weights at the end"]["sha256"] == [result["weights_sha256"] for result in results]
    assert both.tables["Versions"]["lrcore"] == [config["versions"]["lrcore"] for config in configs]
    assert both.tables["Machine"]["python"] == [config["machine"]["python"] for config in configs]
    wall_time = both.tables["Wall time, validation included"]
    assert wall_time["Epochs"] == ["2", "2"]
    assert wall_time["Completed"] == [result["completed"] for result in results]


def test_the_misclassified_images_are_in_the_page(trained: dict[str, Path], both: Any) -> None:
    images = [attributes for tag, attributes in both.elements if tag == "img"]
    for attributes, (name, run) in zip(images, trained.items(), strict=True):
        kind, content = attributes["src"].split(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(content) == (run / "misclassified.png").read_bytes()
        assert attributes["alt"] == f"Misclassified test images of {name}."


def test_synthetic_images_are_said_loudly(both: Any, runs: dict[str, Path], read_page: Callable[..., Any]) -> None:
    config = json.loads((runs["keras"] / "config.json").read_text())
    config["data"]["synthetic"] = True
    (runs["keras"] / "config.json").write_text(json.dumps(config))
    said = "Synthetic images, not CIFAR-10: the accuracies of keras say nothing about CIFAR-10."
    assert f'<p class="warning" role="note">{said}</p>' in read_page(*runs.values()).source
    assert "Synthetic" not in both.source


def test_the_same_runs_give_the_same_page(runs: dict[str, Path], tmp_path: Path) -> None:
    pages = [write_report(list(runs.values()), tmp_path / name).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]
