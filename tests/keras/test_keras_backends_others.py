"""The finder, schedules and SGD on the backends that this process has not loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FINDER = ["test_keras_backends.py"]
SCHEDULE = ["test_keras_schedule.py", "test_keras_schedule_resume.py"]
SGD = [f"test_keras_sgd_{topic}.py" for topic in ("arguments", "fit", "memory", "options", "recurrence")]


@pytest.mark.parametrize(
    ("backend", "files"),
    [
        ("jax", [*FINDER, *SCHEDULE]),
        ("jax", SGD),
        ("torch", [*FINDER, *SCHEDULE, "keras_backends_torch.py"]),
        ("torch", [*SGD, "keras_sgd_torch.py"]),
    ],
    ids=["finder-schedule-jax", "SGD-jax", "finder-schedule-torch", "SGD-torch"],
)
def test_the_tests_of_all_backends_pass_on(backend: str, files: list[str]) -> None:
    paths = [str(Path(__file__).with_name(file)) for file in files]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
