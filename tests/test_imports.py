"""Modules that importing lrcore loads, and errors for missing ones."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "keras",
    "tensorflow",
    "matplotlib",
    "typer",
    "rich",
    "platformdirs",
    "filelock",
    "safetensors",
    "jinja2",
)


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_import_lrcore_imports_neither_framework_nor_matplotlib() -> None:
    done = run(f"import sys, lrcore; print(*[name for name in {HEAVY} if name in sys.modules])")
    assert (done.stdout, done.stderr) == ("\n", "")


def test_using_the_core_imports_no_framework() -> None:
    done = run(
        f"""
import sys, lrcore
range_test = lrcore.RangeTest(num_iter=2)
range_test.record(1.0), range_test.record(1.0)
range_test.result().suggestion()
lrcore.parse_schedule("cosine(0.1, 10)").values(0, 10)
print(*[name for name in {HEAVY} if name in sys.modules])
"""
    )
    assert (done.stdout, done.stderr) == ("\n", "")


def test_plotting_without_matplotlib_names_the_extra() -> None:
    done = run(
        """
import sys, lrcore
sys.modules["matplotlib"] = sys.modules["matplotlib.figure"] = None  # as if it were not installed
try:
    lrcore.plot_schedule(lrcore.Constant(0.1), 10)
except ImportError as error:
    print(error)
"""
    )
    assert (done.stdout, done.stderr) == ("plotting needs matplotlib: pip install 'lrcore[plot]'\n", "")


def test_python_and_core_are_of_one_version() -> None:
    import lrcore._core as _core
    from lrcore._version import __version__

    assert __version__ == _core.__version__


@pytest.mark.parametrize("name", ["lrcore.schedules", "lrcore.plot", "lrcore.trace", "lrcore.suggestions"])
def test_each_part_can_be_imported_first(name: str) -> None:
    done = run(f"import {name}")
    assert (done.returncode, done.stderr) == (0, "")
