"""The command as a user runs it: a process, its output and its exit status."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from lrcore import Suggestion
from lrcore.cli._find import print_suggestion

SCHEDULE = "cyclic(1e-3, 1e-2, step_size_up=8)"


def lrcore(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lrcore", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"})


@pytest.fixture(scope="module")
def runs(cifar_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same short training in each framework."""
    cwd = tmp_path_factory.mktemp("runs")
    for framework in ("torch", "keras"):
        done = lrcore(
            *("train", "--schedule", SCHEDULE, "--framework", framework, "--data", cifar_folder),
            *("--epochs", 2, "--batch-size", 16, "--out", framework),
            cwd=cwd,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "test accuracy" in done.stdout
    return {framework: cwd / framework for framework in ("torch", "keras")}


def test_train_leaves_config_trace_history_result_and_figures(runs: dict[str, Path]) -> None:
    figures = ["class_accuracy.png", "confusion.png", "history.png", "misclassified.png", "trace.png"]
    files = ["config.json", "history.csv", "log.jsonl", "result.json", "trace.csv", "weights.safetensors"]
    for folder in runs.values():
        assert sorted(path.name for path in folder.iterdir()) == sorted(["checkpoints", *figures, *files])


def test_the_trace_has_the_triangle_for_every_update(runs: dict[str, Path]) -> None:
    updates = 2 * 12  # 180 training images (20 of 200 are held out) in batches of 16
    triangle = [min(step % 16, 16 - step % 16) / 8 for step in range(updates)]
    for folder in runs.values():
        rows = list(csv.DictReader((folder / "trace.csv").read_text().splitlines()))
        assert [int(row["step"]) for row in rows] == list(range(updates))
        lrs = [float(row["lr"]) for row in rows]
        assert lrs == pytest.approx([1e-3 + 9e-3 * height for height in triangle], rel=1e-15)


def test_compare_finds_the_two_frameworks_equal(runs: dict[str, Path], tmp_path: Path) -> None:
    done = lrcore("compare", runs["torch"], runs["keras"], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "traces equal: 24 updates\n")


def test_compare_names_the_first_differing_update(runs: dict[str, Path], tmp_path: Path) -> None:
    changed = shutil.copytree(runs["torch"], tmp_path / "changed")
    lines = (changed / "trace.csv").read_text().splitlines()
    fields = lines[6].split(",")
    lines[6] = ",".join([fields[0], "0.5", "0.5", fields[3]])
    (changed / "trace.csv").write_text("\n".join(lines) + "\n")
    done = lrcore("compare", runs["keras"], changed, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("traces differ: update 5")


def test_compare_refuses_a_run_folder_of_another_version(runs: dict[str, Path], tmp_path: Path) -> None:
    other = shutil.copytree(runs["torch"], tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"version": 2}))
    done = lrcore("compare", runs["torch"], other, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"lrcore: error: {other}/config.json has version 2, but this lrcore reads version 1\n"


def test_schedule_prints_a_table_and_writes_a_picture(tmp_path: Path) -> None:
    done = lrcore("schedule", "constant(0.1)", "--steps", 3, "--plot", "picture.png", cwd=tmp_path)
    assert done.returncode == 0
    assert "0.1" in done.stdout
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_schedule_prints_no_row_twice_and_tries_none(tmp_path: Path) -> None:
    done = lrcore("schedule", "constant(0.1)", "--steps", 3, "--rows", 10**15, cwd=tmp_path)
    assert re.findall(r"│ (\d+) ", done.stdout) == ["0", "1", "2"]
    assert len(re.findall(r"│ (\d+) ", lrcore("schedule", "constant(0.1)", "--steps", 1, cwd=tmp_path).stdout)) == 1


def test_schedule_accepts_epochs_and_a_range_of_updates(tmp_path: Path) -> None:
    expression = "piecewise_constant(['1ep', '0.75dur'], [0.5, 0.25, 0.125])"
    done = lrcore("schedule", expression, "--steps", 8, "--steps-per-epoch", 3, "--rows", 8, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lrs = re.findall(r"│ (0\.\d+) +│$", done.stdout, re.MULTILINE)
    assert lrs == ["0.5"] * 3 + ["0.25"] * 3 + ["0.125"] * 2
    assert_refused(lrcore("schedule", expression, cwd=tmp_path), "'1ep' needs steps_per_epoch")


def test_schedule_knows_how_long_its_schedule_lasts(tmp_path: Path) -> None:
    expression = 'one_cycle(max_lr=0.1, total_steps="3ep")'
    done = lrcore("schedule", expression, "--steps-per-epoch", 10, "--rows", 4, "--plot", "out.png", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for line in ("learning rate of 30 updates:", "  highest  0.1          at update 8", "figure: out.png"):
        assert line in done.stdout.splitlines()
    cells = [re.findall(r"[0-9.e-]+", line) for line in done.stdout.splitlines() if line.startswith("│")]
    assert [row[:2] for row in cells] == [["0", "0.00"], ["9", "0.90"], ["19", "1.90"], ["29", "2.90"]]
    fall = [4e-7 + (0.1 - 4e-7) * math.cos(math.pi / 2 * (step - 8) / 21) ** 2 for step in (9, 19, 29)]
    assert [float(row[2]) for row in cells] == pytest.approx([0.004, *fall], rel=1e-12)
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("cosine(0.1, '0.5dur')",), "'0.5dur' needs total_steps"),
        (("until(cosine(0.1, 9), 5, 'raise')", "--steps", 6), "step must be less than total_steps=5, but got 5"),
        (("constant(0.1)", "--plot", "out.wavy"), "wavy"),
        (("constant(0.1)", "--plot", "nowhere/out.png"), "nowhere/out.png"),
        (("constant(0.1)", "--plot", "noext"), "--plot must name a .png file, but got 'noext'"),
        (("constant(0.1)", "--plot", "out.jpg"), "--plot must name a .png file, but got 'out.jpg'"),
        (("constant(0.1)", "--plot", ""), "--plot must name a .png file"),
        (("constant(0.1)", "--plot", "."), "--plot must name a .png file, but got '.'"),
        (("constant(1.7e308)", "--plot", "out.png"), "learning rate must be at most 1e+200 to be drawn"),
    ],
)
def test_wrong_arguments_of_schedule_are_one_sentence(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    assert_refused(lrcore("schedule", *arguments, cwd=tmp_path), sentence)
    assert list(tmp_path.iterdir()) == []


def test_a_name_with_brackets_is_printed_as_it_is(tmp_path: Path) -> None:
    done = lrcore("schedule", "constant(0.1)", "--plot", "a[b].png", cwd=tmp_path)
    assert "figure: a[b].png" in done.stdout


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_find_writes_its_result_and_says_why_it_stopped(framework: str, cifar_folder: Path, tmp_path: Path) -> None:
    done = lrcore(
        *("find", "--framework", framework, "--data", cifar_folder, "--batch-size", 16, "--num-iter", 20),
        *("--out", "found"),
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "stopped: " in done.stdout
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == [
        "config.json",
        "range_test.json",
        "range_test.png",
    ]


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (Suggestion(3e-3, 1e-3, 1e-2, None), "lr 0.003, base_lr 0.001, max_lr 0.01\n"),
        (
            Suggestion(3e-3, 1e-3, None, "the loss still fell"),
            "lr 0.003, base_lr 0.001\nno max_lr: the loss still fell\n",
        ),
        (
            Suggestion(None, None, 1e-2, "the loss never fell"),
            "max_lr 0.01\nno lr, base_lr: the loss never fell\n",
        ),
        (Suggestion(None, None, None, "too few points"), "no lr, base_lr, max_lr: too few points\n"),
    ],
)
def test_find_reports_bounds_and_why_one_is_missing(
    found: Suggestion, lines: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_suggestion(found)
    assert capsys.readouterr().out == lines


def test_diverging_training_exits_with_one_sentence_and_status_1(cifar_folder: Path, tmp_path: Path) -> None:
    done = lrcore("train", "--schedule", "constant(1e6)", "--data", cifar_folder, "--out", "run", cwd=tmp_path)
    assert done.returncode == 1
    assert re.fullmatch(r"lrcore: training diverged at update \d+: .*; what was reached is in run\n", done.stderr)


def test_train_can_let_a_range_test_decide(cifar_folder: Path, tmp_path: Path) -> None:
    done = lrcore(
        *("train", "--schedule", "auto('cyclic')", "--data", cifar_folder, "--epochs", 2, "--batch-size", 16),
        *("--tensorboard", "--out", "run"),
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    schedule = json.loads((tmp_path / "run" / "config.json").read_text())["settings"]["schedule"]
    assert f"schedule: Cyclic(base_lr={schedule['base_lr']}, max_lr={schedule['max_lr']}" in done.stdout
    assert {"range_test.json", "range_test.png", "tensorboard"} <= {path.name for path in (tmp_path / "run").iterdir()}


def test_train_warns_where_the_run_does_not_end_with_its_cycle(runs: dict[str, Path]) -> None:
    warnings = [
        json.loads(line) for line in (runs["torch"] / "log.jsonl").read_text().splitlines() if '"warning"' in line
    ]
    sentence = "the run of 24 updates ends 8 updates into a cycle of 16: whole cycles end after 16 or 32 updates"
    assert warnings == [{"event": "warning", "message": sentence}]


def test_convert_and_back_gives_the_same_weights(runs: dict[str, Path], tmp_path: Path) -> None:
    checkpoint = runs["keras"] / "checkpoints" / "step-00000024.safetensors"
    done = lrcore("cifar", "convert", checkpoint, "model.pt", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "weights: model.pt\n", "")
    done = lrcore("cifar", "convert", "model.pt", "model.safetensors", "--model", "quick", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    converted, weights = (
        load_file(path) for path in (tmp_path / "model.safetensors", runs["keras"] / "weights.safetensors")
    )
    assert {name: array.tobytes() for name, array in converted.items()} == {
        name: array.tobytes() for name, array in weights.items()
    }


def bad_data(kind: str, good: Path, folder: Path) -> Path:
    if kind == "missing":
        return folder / "missing"
    if kind == "empty":
        (folder / "empty").mkdir()
        return folder / "empty"
    copy = shutil.copytree(good, folder / kind)
    batch = copy / "data_batch_3.bin"
    if kind == "truncated":
        batch.write_bytes(batch.read_bytes()[:-1])
    if kind == "label":
        batch.write_bytes(b"\x0a" + batch.read_bytes()[1:])
    return copy


@pytest.mark.parametrize(
    ("kind", "named"),
    [("missing", "missing"), ("empty", "empty"), ("truncated", "data_batch_3.bin"), ("label", "data_batch_3.bin")],
)
def test_bad_data_is_one_sentence_and_leaves_nothing(kind: str, named: str, cifar_folder: Path, tmp_path: Path) -> None:
    data = bad_data(kind, cifar_folder, tmp_path)
    done = lrcore("train", "--schedule", "constant(0.1)", "--data", data, "--out", "run", cwd=tmp_path)
    assert_refused(done, named)
    assert not (tmp_path / "run").exists()


def test_a_pickle_that_would_run_code_is_refused_and_not_run(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for name in [f"data_batch_{index}" for index in range(1, 6)] + ["test_batch"]:
        (folder / name).write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    done = lrcore("train", "--schedule", "constant(0.1)", "--data", folder, "--out", "run", cwd=tmp_path)
    assert_refused(done, "data_batch_1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cifar-10-batches-py"]


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("constant(-0.1)", "lr must be"),
        ("constant(0)", "lr must be"),
        ("constant(1e999)", "lr must be"),
        ("cyclic(0.1, 0.01)", "max_lr must be greater than base_lr=0.1, but got 0.01"),
        ("cyclic(0.1, 0.2, step_size_up=0)", "step_size_up must be"),
        ("cyclic(0.1, 0.2, mode='zigzag')", "mode must be"),
        ("cosine(0.1, 0)", "decay_steps must be"),
        ("__import__('os').system('touch owned')", ""),
        ("wavy(0.1)", "wavy"),
        ("", ""),
    ],
)
def test_a_bad_schedule_is_one_sentence(expression: str, sentence: str, tmp_path: Path) -> None:
    for command in (["schedule", expression], ["train", "--schedule", expression, "--out", "run"]):
        assert_refused(lrcore(*command, cwd=tmp_path), sentence)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--start-lr", "nan"), "start_lr"),
        (("--start-lr", "0"), "start_lr"),
        (("--start-lr", "-1"), "start_lr"),
        (("--start-lr", "1", "--end-lr", "1"), "end_lr must be greater than start_lr=1.0, but got 1.0"),
        (("--num-iter", "1"), "num_iter"),
        (("--framework", "jax"), "framework must be one of torch, keras, but got 'jax'"),
        (("--model", "vgg"), "model"),
        (("--batch-size", "0"), "batch_size must be at least 1, but got 0"),
    ],
)
def test_a_bad_option_is_one_sentence(arguments: tuple[str, ...], named: str, tmp_path: Path) -> None:
    assert_refused(lrcore("find", *arguments, "--out", "run", cwd=tmp_path), named)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "--schedule must be given, such as --schedule 'cyclic("),
        (("--schedule", "plateau(0.1, factor=2)"), "factor must be"),
        (("--schedule", "auto('square')"), "shape must be one of one_cycle, cyclic, constant, but got 'square'"),
        (("--schedule", "constant(0.1)", "--on-divergence", "pray"), "on_divergence must be one of stop, rollback"),
        (("--schedule", "constant(0.1)", "--precision", "float8"), "precision must be one of float32, bfloat16"),
        (
            ("--schedule", "constant(0.1)", "--framework", "keras", "--channels-last"),
            "channels_last is an option of torch and must be False for keras",
        ),
        (("--schedule", "constant(0.1)", "--cam-layer", "dense1"), "cam_layer must be a layer of quick with a map"),
        (("--schedule", "constant(0.1)", "--cam-method", "magic"), "cam_method must be one of"),
        (("--schedule", "constant(0.1)", "--reestimate-batch-norm", "5"), "quick, which has no BatchNorm"),
        (("--schedule", "constant(0.1)", "--checkpoint-every", "0"), "checkpoint_every must be at least 1, but got 0"),
        (("--resume", "nowhere"), "nowhere is not a run folder: it has no config.json"),
        (("--resume", "nowhere", "--epochs", "9"), "--epochs is decided by the run that --resume names: leave it out"),
    ],
)
def test_a_bad_option_of_train_is_one_sentence(arguments: tuple[str, ...], named: str, tmp_path: Path) -> None:
    assert_refused(lrcore("train", *arguments, cwd=tmp_path), named)
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_run_folder_is_one_sentence(cifar_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = lrcore("find", "--data", cifar_folder, "--out", tmp_path / "file" / "run", cwd=tmp_path)
    assert_refused(done, f"run folder {tmp_path}/file/run cannot be written: Not a directory")


def test_a_missing_framework_names_its_extra(cifar_folder: Path, tmp_path: Path) -> None:
    code = "import sys; sys.modules['keras'] = None; from lrcore.__main__ import main; sys.exit(main())"
    arguments = ["train", "--schedule", "constant(0.1)", "--framework", "keras", "--data", cifar_folder, "--out", "run"]
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert_refused(done, "pip install 'lrcore[keras]'")
    assert list(tmp_path.iterdir()) == []


def test_too_few_images_for_validation_is_one_sentence(cifar_folder: Path, tmp_path: Path) -> None:
    tiny = tmp_path / "tiny"
    tiny.mkdir()
    for index, path in enumerate(sorted(cifar_folder.glob("*.bin"))):
        record = path.read_bytes()[:3073]
        (tiny / path.name).write_bytes(bytes([index]) + record[1:])
    done = lrcore("train", "--schedule", "constant(0.1)", "--data", tiny, "--out", "run", cwd=tmp_path)
    assert_refused(done, "must have two training images of a class")
    assert not (tmp_path / "run").exists()


def assert_refused(done: subprocess.CompletedProcess[str], sentence: str) -> None:
    assert done.returncode == 2
    assert done.stderr.startswith("lrcore: error: ")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
