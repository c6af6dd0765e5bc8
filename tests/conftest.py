"""Settings that must be in place before any framework is imported, and no figure left open."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")

# A shell starts background jobs with Ctrl-C ignored; tests of Ctrl-C, and the processes that they start, need it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _figures_closed() -> Iterator[None]:
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def peers(pytestconfig: pytest.Config) -> Callable[..., Any]:
    """The answers of timm and fastai, which need torchvision and spaCy, from `peer_values.json`.

    `tools/record_peer_values.py` asks the installed packages instead, and writes that file.
    """
    recorder = pytestconfig.pluginmanager.get_plugin("peer_recorder")
    if recorder is not None:
        return recorder.answer  # type: ignore[no-any-return]
    recorded = json.loads(Path(__file__).with_name("peer_values.json").read_text())
    return lambda peer, question, *arguments: recorded[peer]["values"][question]
