"""Which classes were told apart: confusion matrices and accuracies on the test images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrcore.cifar.data import CLASSES
from lrcore.cifar.report.blocks import Block, Confusion, Confusions, Section, sentences
from lrcore.cifar.report.cells import percent
from lrcore.cifar.report.recorded_run import Missing, RecordedRun, present
from lrcore.cifar.report.side_by_side import side_by_side


def classes(runs: Sequence[RecordedRun]) -> Section:
    """Confusion matrices side by side and the accuracy of each class."""
    matrices, without_matrix = present(runs, _confusion)
    accuracies, without_accuracies = present(runs, _accuracies)
    blocks: list[Block] = []
    if matrices:
        blocks.append(Confusions(tuple(matrices.values())))
    if accuracies:
        blocks.append(side_by_side("Test accuracy by class", accuracies))
    return Section("Classes", [*blocks, *sentences(list(dict.fromkeys(without_matrix + without_accuracies)))])


def _confusion(run: RecordedRun) -> Confusion | Missing:
    if isinstance(run.result, Missing):
        return run.result
    names, counts = _names(run), run.outcome("confusion_matrix")
    rows = counts if _is_list_of(counts, len(names)) else []
    if not rows or not all(_is_list_of(row, len(names)) and all(map(_is_count, row)) for row in rows):
        return Missing(f"The result of {run.name} has no confusion matrix.")
    return Confusion(run.name, names, tuple(tuple(row) for row in rows))


def _accuracies(run: RecordedRun) -> dict[str, str] | Missing:
    if isinstance(run.result, Missing):
        return run.result
    names, accuracies = _names(run), run.outcome("per_class_accuracy")
    if not _is_list_of(accuracies, len(names)):
        return Missing(f"The result of {run.name} has no accuracies by class.")
    return dict(zip(names, map(percent, accuracies), strict=True))


def _names(run: RecordedRun) -> tuple[str, ...]:
    names = run.outcome("classes")
    return tuple(map(str, names)) if isinstance(names, list) else CLASSES


def _is_list_of(value: Any, length: int) -> bool:
    return isinstance(value, list) and len(value) == length


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
