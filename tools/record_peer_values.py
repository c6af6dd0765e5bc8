"""Record in tests/peer_values.json what timm and fastai answer to the tests.

Run by hand from the root of the checkout, where lrcore[test] is installed, timm and fastai with `--no-deps`, and what
fastai imports: fastcore fastdownload fastprogress fasttransform pandas plum-dispatch scikit-learn scipy. Commit the
file. Needed when a test asks a new question or a peer has a new version.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import sys
import warnings
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

STEPS = 450
FILE = Path("tests/peer_values.json")


class PeerRecorder:
    """A pytest plugin whose `answer` the fixture `peers` returns in place of the recorded values."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, Any]] = {"timm": {}, "fastai": {}}

    @cached_property
    def _timm(self) -> dict[str, Any]:
        """`timm.scheduler` alone: all of timm needs torchvision."""
        spec = importlib.util.find_spec("timm")
        assert spec is not None
        sys.modules["timm"] = importlib.util.module_from_spec(spec)
        return vars(importlib.import_module("timm.scheduler"))

    @cached_property
    def _fastai(self) -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fastai = importlib.import_module("fastai.callback.schedule")
        # Joints in float64: fastai rounds them to float32.
        fastai.tensor = lambda phase_starts: torch.tensor(list(phase_starts), dtype=torch.float64)  # type: ignore[attr-defined]
        return vars(fastai)

    def answer(self, peer: str, question: str, *arguments: Any) -> Any:
        """Ask the installed package."""
        if peer == "timm":
            answer: Any = self._timm_lrs(question)
        elif arguments:
            answer = self._fastai_reading(question.split(" of ")[0], *arguments)
        else:
            schedule = eval(question, dict(self._fastai))
            answer = [float(schedule(step / STEPS)) for step in range(STEPS)]
        self.values[peer][question] = answer
        return answer

    def _timm_lrs(self, expression: str) -> list[float]:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        scheduler = eval(expression, {**self._timm, "optimizer": optimizer})
        lrs = []
        for step in range(STEPS):
            scheduler.step(step)
            lrs.append(float(optimizer.param_groups[0]["lr"]))
        return lrs

    def _fastai_reading(self, name: str, *curve: Any) -> float | None:
        """The suggested learning rate; None where fastai raises."""
        lrs, losses = (torch.from_numpy(values) for values in curve)
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return float(self._fastai[name](lrs, losses, len(lrs))[0])
        except (IndexError, RuntimeError, ValueError):
            return None


def main() -> int:
    """Run the tests that ask, and write the file if all passed."""
    recorder = PeerRecorder()

    class Registration:
        def pytest_configure(self, config: pytest.Config) -> None:
            config.pluginmanager.register(recorder, "peer_recorder")

    tests = [str(path) for path in Path("tests").rglob("test_*.py") if _asks(path)]
    failed = pytest.main(["-q", *tests], plugins=[Registration()])
    if not failed:
        content = {
            peer: {"version": importlib.metadata.version(peer), "values": dict(sorted(values.items()))}
            for peer, values in recorder.values.items()
        }
        FILE.write_text(_one_line_a_question(content))
    return int(failed)


def _asks(path: Path) -> bool:
    text = path.read_text()
    return "timm_lrs" in text or "peers:" in text


def _one_line_a_question(content: dict[str, dict[str, Any]]) -> str:
    peers = []
    for peer, record in content.items():
        lines = (f"{json.dumps(question)}: {json.dumps(answer)}" for question, answer in record["values"].items())
        peers.append(f'"{peer}": {{"version": "{record["version"]}", "values": {{\n' + ",\n".join(lines) + "\n}}")
    return "{\n" + ",\n".join(peers) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main())
