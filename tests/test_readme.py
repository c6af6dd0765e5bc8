"""The README's examples run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def block(name: str) -> str:
    match = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", README.read_text(), re.DOTALL)
    assert match is not None
    return match[1]


@pytest.mark.parametrize("name", ["torch-example", "keras-example", "schedule-example"])
def test_example_runs_as_a_script(name: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(block(name))
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["demo-command", "test-command"])
def test_set_up_command_is_one_line_of_extras_that_exist(name: str) -> None:
    (command,) = block(name).splitlines()  # CI runs this line alone
    extras = re.findall(r"'\.\[(\w+)\]'", command)
    assert len(extras) == 1
    assert re.search(rf"^{extras[0]} = \[", (README.parent / "pyproject.toml").read_text(), re.MULTILINE)
