from __future__ import annotations

import subprocess
import sys


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def blocking(*modules: str) -> str:
    return f"import sys; sys.modules.update(dict.fromkeys({modules!r}))\n"


def test_the_torch_adapter_needs_no_other_framework() -> None:
    code = """
from lrcore.torch import SGD, CyclicLR, LRFinder, ReduceLROnPlateau, Scheduler
loaded = {name.partition(".")[0] for name, module in sys.modules.items() if module is not None}
print(sorted(loaded & {"keras", "tensorflow", "jax", "matplotlib", "rich", "typer"}))
"""
    result = python(blocking("keras", "tensorflow", "jax", "matplotlib") + code)
    assert (result.stdout.strip(), result.returncode) == ("[]", 0), result.stderr


def test_without_torch_the_error_names_the_extra() -> None:
    result = python(blocking("torch") + "import lrcore.torch")
    assert result.returncode == 1
    last_line = result.stderr.strip().splitlines()[-1]
    assert last_line == "ImportError: lrcore.torch needs PyTorch: pip install 'lrcore[torch]'"
