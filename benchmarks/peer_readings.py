"""What each peer would have read off the raw losses of a range test: its smoothing, its stop, its pairs, its reading.

The smoothing and the stop are the few lines of arithmetic of each peer's own file; the reading is the installed code.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterable
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # they warn of what they import
    from fastai.callback import schedule as fastai_schedule
    from fastai.learner import AvgSmoothLoss
    from ignite.handlers import FastaiLRFinder
    from pytorch_lightning.tuner.lr_finder import _LRFinder
    from torch_lr_finder import LRFinder

Curve = tuple[list[float], list[float]]
Reading = Callable[[np.ndarray, np.ndarray], float | None]
NUM_ITER = 100


def fastai(name: str) -> Reading:
    """One of fastai's four, on points 10 to -5 of its own smoothed loss up to the first NaN, as `lr_find` does."""

    def read(lrs: np.ndarray, losses: np.ndarray) -> float | None:
        recorded = until_diverged(lrs, fastai_smoothed(losses), factor=4.0)
        rates, smoothed = (torch.tensor(values[NUM_ITER // 10 : -5]) for values in recorded)
        end = int(torch.isnan(smoothed).int().argmax()) if smoothed.isnan().any() else len(smoothed)
        return answer(lambda: getattr(fastai_schedule, name)(rates[:end], smoothed[:end], NUM_ITER)[0])

    return read


def fastai_smoothed(losses: np.ndarray) -> Iterable[float]:
    average = AvgSmoothLoss(beta=0.98)
    average.reset()
    for loss in losses:
        average.accumulate(SimpleNamespace(loss=torch.tensor(float(loss))))
        yield float(average.value)


def torch_lr_finder(lrs: np.ndarray, losses: np.ndarray) -> float | None:
    model = torch.nn.Linear(1, 1)
    finder = LRFinder(model, torch.optim.SGD(model.parameters(), lr=0.1), torch.nn.MSELoss())
    rates, smoothed = until_diverged(lrs, exponentially_smoothed(losses), factor=5.0)
    finder.history = {"lr": rates, "loss": smoothed}
    _, ax = plt.subplots()
    suggested = answer(lambda: finder.plot(ax=ax)[1])
    plt.close("all")
    return suggested


def ignite(lrs: np.ndarray, losses: np.ndarray) -> float | None:
    """Each loss stands beside the next learning rate, the last one beyond the end of the sweep."""
    finder = FastaiLRFinder()
    next_lrs = np.append(lrs[1:], lrs[-1] ** 2 / lrs[-2])
    rates, smoothed = until_diverged(next_lrs, exponentially_smoothed(losses), factor=5.0)
    finder._history = {"lr": rates, "loss": smoothed}
    return answer(finder.lr_suggestion)


def exponentially_smoothed(losses: np.ndarray) -> Iterable[float]:
    """`range_test` of torch-lr-finder, `_log_lr_and_loss` of Ignite: a new weight of 0.05, begun at the first loss."""
    smoothed = losses[0]
    for index, loss in enumerate(losses):
        smoothed = loss if index == 0 else 0.05 * loss + 0.95 * smoothed
        yield float(smoothed)


def lightning(lrs: np.ndarray, losses: np.ndarray) -> float | None:
    finder = _LRFinder("exponential", 1e-8, 1.0, NUM_ITER)
    rates, smoothed = until_diverged(lrs, lightning_smoothed(losses), factor=4.0)
    finder.results = {"lr": rates, "loss": smoothed}
    return answer(finder.suggestion)


def lightning_smoothed(losses: np.ndarray) -> Iterable[float]:
    """`_LRCallback.on_train_batch_end`: the step of the first loss is 1, so it is divided by 1 - beta^2."""
    average = 0.0
    for step, loss in enumerate(losses, start=1):
        average = 0.98 * average + 0.02 * loss
        yield float(average / (1 - 0.98 ** (step + 1)))


def until_diverged(lrs: np.ndarray, smoothed: Iterable[float], factor: float) -> Curve:
    """The points up to the first whose smoothed loss is more than `factor` times the best; NaN does not stop it."""
    rates, kept, best = [], [], np.inf
    for lr, loss in zip(lrs.tolist(), smoothed, strict=True):
        rates.append(lr)
        kept.append(loss)
        best = min(best, loss)
        if loss > factor * best:
            break
    return rates, kept


def answer(read: Callable[[], float | None]) -> float | None:
    """The answer of a peer, None where it raises or has none."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return read()
    except (IndexError, RuntimeError, ValueError):
        return None


PEERS: dict[str, Reading] = {
    "fastai valley": fastai("valley"),
    "fastai slide": fastai("slide"),
    "fastai minimum": fastai("minimum"),
    "fastai steep": fastai("steep"),
    "torch-lr-finder": torch_lr_finder,
    "Lightning": lightning,
    "Ignite": ignite,
}
