"""Modules that importing lrcore.keras loads."""

from __future__ import annotations

import subprocess
import sys


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_imports_with_torch_not_installed_and_never_loads_it() -> None:
    code = """
import sys

class WithoutTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, WithoutTorch())
from lrcore.keras import SGD, BatchLoss, CyclicLR, LRFinder, ReduceLROnPlateau, Schedule, ScheduleCallback, lr_find
print(CyclicLR(2e-4, 2e-2, 2000).schedule(2000), {"torch", "lrcore.torch"} & set(sys.modules))
"""
    assert _python(code) == "0.02 set()"


def test_missing_keras_is_an_import_error_that_names_the_extra() -> None:
    code = """
import sys
sys.modules["keras"] = None
try:
    import lrcore.keras
except ImportError as error:
    print(error)
"""
    assert _python(code) == "lrcore.keras needs Keras: pip install 'lrcore[keras]'"


def test_importing_lrcore_does_not_load_keras_or_tensorflow() -> None:
    assert _python("import sys, lrcore; print({'keras', 'tensorflow'} & set(sys.modules))") == "set()"
