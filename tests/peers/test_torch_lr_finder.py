"""The same script with torch-lr-finder and with lrcore: one import is another."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

IMPORTS = {
    "peer": "from torch_lr_finder import LRFinder, TrainDataLoaderIter, ValDataLoaderIter",
    "lrcore": "from lrcore.torch import LRFinder, TrainDataLoaderIter, ValDataLoaderIter",
}

SETUP = """
import torch
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)).double()
x = torch.randn(60, 4, dtype=torch.float64)
dataset = TensorDataset(x, x.sum(dim=1, keepdim=True).sin())
loader = DataLoader(dataset, batch_size=10)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)
criterion = torch.nn.MSELoss()
"""

SCRIPTS = {
    "fastai's way": """
lr_finder = LRFinder(model, optimizer, criterion, device="cpu")
lr_finder.range_test(loader, end_lr=100, num_iter=50, smooth_f=SMOOTH)
""",
    "Leslie Smith's way": """
lr_finder = LRFinder(model, optimizer, criterion, device="cpu")
lr_finder.range_test(loader, val_loader=loader, end_lr=0.1, num_iter=20, step_mode="linear", smooth_f=SMOOTH)
""",
    "positional": """
lr_finder = LRFinder(model, optimizer, criterion, "cpu", False, None)
lr_finder.range_test(loader, None, 1e-3, 1, 30, "exp", SMOOTH, 5, 1, True)
""",
    "accumulation": """
lr_finder = LRFinder(model, optimizer, criterion)
lr_finder.range_test(loader, end_lr=10, num_iter=40, smooth_f=SMOOTH, accumulation_steps=3)
""",
    "batches of another kind": """
class TrainIter(TrainDataLoaderIter):
    def inputs_labels_from_batch(self, batch_data):
        return batch_data["features"], batch_data["y_labels"]

class ValIter(ValDataLoaderIter):
    def inputs_labels_from_batch(self, batch_data):
        return batch_data["features"], batch_data["y_labels"]

named = [{"features": a, "y_labels": b} for a, b in dataset]
train, val = TrainIter(DataLoader(named, batch_size=10)), ValIter(DataLoader(named, batch_size=60))
lr_finder = LRFinder(model, optimizer, criterion)
lr_finder.range_test(train, val_loader=val, end_lr=0.1, num_iter=20, smooth_f=SMOOTH)
""",
}

ENDING = """
ax, suggested_lr = lr_finder.plot(skip_start=2, skip_end=1, ax=axes)
only_ax = lr_finder.plot(log_lr=False, show_lr=0.01, ax=axes, suggest_lr=False)
lr_finder.reset()
"""


def ran(package: str, script: str, smooth_f: float) -> dict[str, Any]:
    """The variables of the script at its end."""
    from matplotlib.figure import Figure

    names: dict[str, Any] = {"SMOOTH": smooth_f, "axes": Figure().add_subplot()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch-lr-finder warns of its progress bar
        exec(IMPORTS[package] + SETUP + script + ENDING, names)
    return names


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_needs_another_import_and_no_other_change(script: str) -> None:
    peer, ours = ran("peer", script, 0.0), ran("lrcore", script, 0.0)
    expected, history = peer["lr_finder"].history, ours["lr_finder"].history
    np.testing.assert_allclose(history["lr"], expected["lr"], rtol=1e-13)
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-8)
    assert ours["lr_finder"].best_loss == pytest.approx(peer["lr_finder"].best_loss, rel=1e-8)
    assert ours["ax"] is ours["only_ax"] is ours["axes"]
    assert ours["suggested_lr"] is None or expected["lr"][0] < ours["suggested_lr"] < expected["lr"][-1]
    for a, b in zip(ours["model"].parameters(), peer["model"].parameters(), strict=True):
        assert a.tolist() == b.tolist()


def test_smoothed_losses_differ_by_the_bias_correction_alone() -> None:
    script = """
lr_finder = LRFinder(model, optimizer, criterion)
lr_finder.range_test(loader, start_lr=1e-3, end_lr=0.1, num_iter=30, smooth_f=SMOOTH)
"""
    raw, peer, ours = ran("peer", script, 0.0), ran("peer", script, 0.05), ran("lrcore", script, 0.05)
    losses = np.array(raw["lr_finder"].history["loss"])
    seeded, corrected = [losses[0]], []
    for loss in losses[1:]:
        seeded.append(0.05 * loss + 0.95 * seeded[-1])
    for n in range(1, 31):
        corrected.append(np.average(losses[:n], weights=0.95 ** np.arange(n)[::-1]))
    np.testing.assert_allclose(peer["lr_finder"].history["loss"], seeded, rtol=1e-8)
    np.testing.assert_allclose(ours["lr_finder"].history["loss"], corrected, rtol=1e-8)


def test_mixed_precision_takes_the_same_arguments() -> None:
    script = """
scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
config = {"device_type": "cpu", "dtype": torch.bfloat16}
model.float()
loader = DataLoader(TensorDataset(*[tensor.float() for tensor in dataset.tensors]), batch_size=10)
lr_finder = LRFinder(model, optimizer, criterion, amp_backend="torch", amp_config=config, grad_scaler=scaler)
lr_finder.range_test(loader, end_lr=1, num_iter=20, smooth_f=SMOOTH)
"""
    peer, ours = ran("peer", script, 0.0), ran("lrcore", script, 0.0)
    expected, history = peer["lr_finder"].history, ours["lr_finder"].history
    np.testing.assert_allclose(history["lr"], expected["lr"], rtol=1e-13)
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-4)
