"""The sections of a report, in their order: each turns runs into blocks."""

from __future__ import annotations

from collections.abc import Sequence

from lrcore.cifar.report.blocks import Section
from lrcore.cifar.report.recorded_run import RecordedRun
from lrcore.cifar.report.sections.accuracy import accuracy
from lrcore.cifar.report.sections.classes import classes
from lrcore.cifar.report.sections.events import events
from lrcore.cifar.report.sections.headline import headline
from lrcore.cifar.report.sections.learning_rate import learning_rate
from lrcore.cifar.report.sections.loss import loss
from lrcore.cifar.report.sections.misclassified import misclassified
from lrcore.cifar.report.sections.range_test import range_test
from lrcore.cifar.report.sections.recorded import data_and_weights, settings, versions
from lrcore.cifar.report.sections.times import times

SECTIONS = (
    headline,
    range_test,
    learning_rate,
    loss,
    accuracy,
    classes,
    misclassified,
    events,
    settings,
    data_and_weights,
    versions,
    times,
)


def sections(runs: Sequence[RecordedRun]) -> list[Section]:
    """Every section of a report of `runs`."""
    return [section(runs) for section in SECTIONS]
