"""The face of the folder and the examples of the tests have every schedule of the registry."""

from __future__ import annotations

from lrcore import schedules
from lrcore.schedules._base import schedule_classes
from tests.support.schedule_examples import EXAMPLES


def test_face_and_examples_have_every_schedule() -> None:
    registered = {*schedule_classes()}
    assert {getattr(schedules, name) for name in schedules.__all__} == registered | {schedules.Schedule}
    assert {type(schedule) for schedule in EXAMPLES} == registered
