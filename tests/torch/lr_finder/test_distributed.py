"""Two gloo ranks on one machine; each runs this file as a script and records its results."""

from __future__ import annotations

import faulthandler
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from lrcore import RangeTest
from lrcore.torch import LRFinder, lr_find
from lrcore.torch._snapshot import Snapshot
from lrcore.torch.lr_finder._loop import run_range_tests
from lrcore.torch.lr_finder._measurement import StepResult

TIME_LIMIT = 30.0
START_LIMIT = 120.0


class Rank:
    """A model that is the same on both ranks with batches that are not."""

    def __init__(self, rank: int, wrap: Callable[[nn.Module], nn.Module] = lambda module: module) -> None:
        self.rank = rank
        torch.manual_seed(0)
        self.model = wrap(nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Linear(8, 1)))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9)
        torch.manual_seed(rank)
        samples = 8 * (rank + 1)
        self.batches = [torch.randn(samples, 3) + rank for _ in range(3 + rank)]
        self.losses: list[float] = []
        self.before = self.weights()

    def step(self, batch: torch.Tensor) -> float:
        self.optimizer.zero_grad()
        loss = (self.model(batch) - batch.sum(dim=1, keepdim=True)).square().mean()
        loss.backward()
        self.optimizer.step()
        self.losses.append(loss.item())
        return loss.item()

    def weights(self) -> list[Any]:
        return [value.tolist() for value in self.model.state_dict().values()]

    def measured(self, batches: Sequence[torch.Tensor]) -> StepResult:
        loss = self.step(batches[0])
        return StepResult(loss, samples=len(batches[0]), training_loss=2 * loss, metric=float(self.rank))

    def run(
        self,
        *range_tests: RangeTest,
        loader: Iterable[Any] | None = None,
        step: Callable[[Sequence[Any]], StepResult] | None = None,
        progress: bool = False,
    ) -> dict[str, Any]:
        snapshot = Snapshot([self.model], [self.optimizer])
        batches = self.batches if loader is None else loader
        result = run_range_tests(
            range_tests, [self.optimizer], batches, step or self.measured, snapshot, progress=progress
        )
        return self.report(result)

    def report(self, result: Any) -> dict[str, Any]:
        return {"result": result.to_dict(), "own": self.losses, "restored": self.weights() == self.before}


def weighted_means(rank: int) -> dict[str, Any]:
    return Rank(rank).run(RangeTest(1e-3, 1e-1, num_iter=10), progress=True)


def distributed_data_parallel(rank: int) -> dict[str, Any]:
    own = Rank(rank, wrap=DistributedDataParallel)
    options = {"start_lr": 1e-3, "end_lr": 1e-1, "num_iter": 10, "progress": False}
    return own.report(lr_find(own.step, own.optimizer, own.batches, **options))


def finder(rank: int) -> dict[str, Any]:
    own = Rank(rank, wrap=DistributedDataParallel)

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        loss = (outputs - targets).square().mean()
        own.losses.append(loss.item())
        return loss

    loader = [(batch, batch.sum(dim=1, keepdim=True)) for batch in own.batches]
    range_finder = LRFinder(own.model, own.optimizer, criterion)
    return own.report(range_finder.range_test(loader, start_lr=1e-3, end_lr=1e-1, num_iter=10, progress=False))


def repeats(rank: int) -> dict[str, Any]:
    return Rank(rank).run(*(RangeTest(1e-3, 1e-1, num_iter=5) for _ in range(2)))


def changed_at(rank: int, update: int, change: Callable[[StepResult], StepResult]) -> dict[str, Any]:
    """Rank 1 alone changes the measurement of one update."""
    own = Rank(rank)

    def step(batches: Sequence[Any]) -> StepResult:
        measured = own.measured(batches)
        return change(measured) if rank == 1 and len(own.losses) == update + 1 else measured

    return own.run(RangeTest(1e-4, 1e-3, num_iter=10, beta=0.0), step=step)


def divergence_on_one_rank(rank: int) -> dict[str, Any]:
    return changed_at(rank, 6, lambda measured: measured._replace(loss=1e6))


def nan_on_one_rank(rank: int) -> dict[str, Any]:
    return changed_at(rank, 4, lambda measured: measured._replace(loss=math.nan))


def skipped_on_one_rank(rank: int) -> dict[str, Any]:
    return changed_at(rank, 3, lambda measured: measured._replace(updated=False))


def nan_on_one_rank_while_the_other_skips(rank: int) -> dict[str, Any]:
    own = Rank(rank)

    def step(batches: Sequence[Any]) -> StepResult:
        measured = own.measured(batches)
        return measured._replace(loss=math.nan) if rank == 1 else measured._replace(updated=False)

    return own.run(RangeTest(1e-3, 1e-1, num_iter=10), step=step)


def data_run_out_on_one_rank(rank: int) -> dict[str, Any]:
    own = Rank(rank)
    return own.run(RangeTest(1e-3, 1e-1, num_iter=10), loader=iter(own.batches) if rank == 1 else None)


def no_data_on_one_rank(rank: int) -> dict[str, Any]:
    own = Rank(rank)
    try:
        own.run(RangeTest(1e-3, 1e-1, num_iter=10), loader=[] if rank == 1 else None)
    except ValueError as error:
        return {"error": str(error), "own": own.losses}
    raise AssertionError("there was no error")


CASES: list[Callable[[int], dict[str, Any]]] = [
    weighted_means,
    distributed_data_parallel,
    finder,
    repeats,
    divergence_on_one_rank,
    nan_on_one_rank,
    skipped_on_one_rank,
    nan_on_one_rank_while_the_other_skips,
    data_run_out_on_one_rank,
    no_data_on_one_rank,
]


def main(rank: int, folder: Path) -> None:
    """Go through all cases as one of the two ranks, in the time limit or not at all."""
    distributed.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2)
    faulthandler.dump_traceback_later(TIME_LIMIT, exit=True)
    reports = {case.__name__: case(rank) for case in CASES}
    (folder / f"{rank}.json").write_text(json.dumps(reports))
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The recorded results and standard error of each rank."""
    folder = tmp_path_factory.mktemp("ranks")
    commands = [[sys.executable, __file__, str(rank), str(folder)] for rank in range(2)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
    try:
        errors = [process.communicate(timeout=START_LIMIT + TIME_LIMIT)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], errors
    return [{**json.loads((folder / f"{rank}.json").read_text()), "stderr": errors[rank]} for rank in range(2)]


@pytest.mark.parametrize("case", [case.__name__ for case in CASES if case is not no_data_on_one_rank])
def test_both_ranks_record_the_same_curve_and_restore_everything(ranks: list[dict[str, Any]], case: str) -> None:
    first, second = (rank[case] for rank in ranks)
    assert first["result"] == second["result"]  # in JSON types, so that NaN is "nan"
    assert first["own"] != second["own"]
    assert len(first["own"]) == len(second["own"])
    assert first["restored"]
    assert second["restored"]


def test_losses_are_means_over_the_samples_of_both_ranks(ranks: list[dict[str, Any]]) -> None:
    first, second = (np.array(rank["weighted_means"]["own"]) for rank in ranks)
    result = ranks[0]["weighted_means"]["result"]
    expected = (8 * first + 16 * second) / 24
    np.testing.assert_allclose(result["losses"], expected, rtol=1e-15)
    np.testing.assert_allclose(result["training_losses"], 2 * expected, rtol=1e-15)
    np.testing.assert_allclose(result["metrics"], [16 / 24] * 10, rtol=1e-15)
    assert result["stop_reason"] == "finished"


def test_the_finder_records_means_over_the_samples_of_both_ranks(ranks: list[dict[str, Any]]) -> None:
    first, second = (np.array(rank["finder"]["own"]) for rank in ranks)
    np.testing.assert_allclose(ranks[0]["finder"]["result"]["losses"], (8 * first + 16 * second) / 24, rtol=1e-15)


def test_losses_of_a_step_function_are_means_over_the_ranks(ranks: list[dict[str, Any]]) -> None:
    own = [rank["distributed_data_parallel"]["own"] for rank in ranks]
    result = ranks[0]["distributed_data_parallel"]["result"]
    np.testing.assert_allclose(result["losses"], np.mean(own, axis=0), rtol=1e-15)
    assert result["stop_reason"] == "finished"


@pytest.mark.parametrize(
    ("case", "reason", "points"),
    [
        ("divergence_on_one_rank", "diverged", 7),
        ("nan_on_one_rank", "nonfinite", 5),
        ("nan_on_one_rank_while_the_other_skips", "nonfinite", 1),
        ("data_run_out_on_one_rank", "data_exhausted", 4),
    ],
)
def test_a_stop_on_one_rank_stops_both(ranks: list[dict[str, Any]], case: str, reason: str, points: int) -> None:
    for rank in ranks:
        result = rank[case]["result"]
        assert (result["stop_reason"], len(result["lrs"]), len(rank[case]["own"])) == (reason, points, points)


def test_an_update_that_one_rank_skipped_is_recorded_by_none(ranks: list[dict[str, Any]]) -> None:
    first, second = (np.delete(rank["skipped_on_one_rank"]["own"], 3) for rank in ranks)
    result = ranks[0]["skipped_on_one_rank"]["result"]
    np.testing.assert_allclose(result["losses"], (8 * first + 16 * second) / 24, rtol=1e-15)
    assert len(result["losses"]) == 10


def test_an_empty_loader_on_one_rank_is_an_error_on_both(ranks: list[dict[str, Any]]) -> None:
    errors = [rank["no_data_on_one_rank"]["error"] for rank in ranks]
    assert errors == [
        "train_loader must hold at least one batch, but that of another rank does not",
        "train_loader must hold at least one batch, but [] is empty",
    ]
    assert [rank["no_data_on_one_rank"]["own"] for rank in ranks] == [[], []]


def test_the_first_rank_alone_shows_a_progress_bar(ranks: list[dict[str, Any]]) -> None:
    assert ["10/10" in rank["stderr"] for rank in ranks] == [True, False]
