from __future__ import annotations

import io

from rich.console import Console

from lrcore.cifar.training.progress import report_progress


def test_without_a_terminal_progress_is_a_few_plain_lines() -> None:
    output = io.StringIO()
    with report_progress("torch", 80, Console(file=output)) as report:
        for update in range(80):
            report.update(update + 1, lr=0.001 * (update + 1), loss=2.5)
    lines = output.getvalue().splitlines()
    assert lines[0] == "torch 10/80 lr 1.00e-02 loss 2.500"
    assert lines[-1] == "torch 80/80 lr 8.00e-02 loss 2.500"
    assert len(lines) == 8


def test_on_a_terminal_progress_is_a_bar_with_lr_and_loss() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=120, legacy_windows=False)
    with report_progress("keras", 3, console) as report:
        for update in range(3):
            report.update(update + 1, lr=0.0125, loss=1.5)
        report.log("a plateau")
    shown = output.getvalue()
    assert "3/3" in shown
    assert "a plateau" in shown
    assert "lr 1.25e-02  loss 1.500" in shown


def test_a_rollback_rewinds_the_progress_and_prints_a_line() -> None:
    output = io.StringIO()
    with report_progress("torch", 16, Console(file=output)) as report:
        report.update(4, lr=0.1, loss=2.5)
        report.log("back to update 2")
        report.update(3, lr=0.05, loss=2.5)
        report.update(4, lr=0.05, loss=2.0)
    assert output.getvalue().splitlines() == [
        "torch 4/16 lr 1.00e-01 loss 2.500",
        "back to update 2",
        "torch 4/16 lr 5.00e-02 loss 2.000",
    ]
