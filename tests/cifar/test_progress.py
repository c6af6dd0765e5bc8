from __future__ import annotations

import io

from rich.console import Console

from lrcore.cifar.progress import report_progress


def test_without_a_terminal_progress_is_a_few_plain_lines() -> None:
    output = io.StringIO()
    with report_progress("torch", 80, Console(file=output)) as report:
        for update in range(80):
            report(lr=0.001 * (update + 1), loss=2.5)
    lines = output.getvalue().splitlines()
    assert lines[0] == "torch 10/80 lr 1.00e-02 loss 2.500"
    assert lines[-1] == "torch 80/80 lr 8.00e-02 loss 2.500"
    assert len(lines) == 8


def test_on_a_terminal_progress_is_a_bar_with_lr_and_loss() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=120, legacy_windows=False)
    with report_progress("keras", 3, console) as report:
        for _ in range(3):
            report(lr=0.0125, loss=1.5)
    shown = output.getvalue()
    assert "3/3" in shown
    assert "lr 1.25e-02  loss 1.500" in shown
