"""The finder, schedules and SGD on the backends that this process has not loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FINDER = ["lr_finder/test_backends.py"]
SCHEDULE = ["schedules/test_schedule.py", "callbacks/test_resume.py"]
SGD = [f"optimizers/test_{topic}.py" for topic in ("arguments", "fit", "memory", "options", "recurrence")]


@pytest.mark.parametrize(
    ("backend", "files"),
    [
        ("jax", [*FINDER, *SCHEDULE]),
        ("jax", SGD),
        ("torch", [*FINDER, *SCHEDULE, "lr_finder/torch_backend.py"]),
        ("torch", [*SGD, "optimizers/torch_backend.py"]),
    ],
    ids=["finder-schedule-jax", "SGD-jax", "finder-schedule-torch", "SGD-torch"],
)
def test_the_tests_of_all_backends_pass_on(backend: str, files: list[str]) -> None:
    paths = [str(Path(__file__).parent / file) for file in files]
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
