"""One `lrcore train` in a process of its own, kept in a folder: a finished run is not done again, a cut one goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lrcore.cifar.training.run_folder import RunFolder


def train_run(folder: Path, options: Sequence[str]) -> RunFolder:
    """The finished run with these options of `lrcore train`."""
    command = [sys.executable, "-m", "lrcore", "train"]
    if not (folder / "result.json").exists():
        begun = (folder / "config.json").exists()
        subprocess.run([*command, *(("--resume",) if begun else (*options, "--out")), str(folder)], check=True)
    return RunFolder.open(folder)
