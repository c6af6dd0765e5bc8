from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

import lrcore._core as _core

OPTIONS = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True}


@pytest.fixture(name="_no_switching")
def _no_switching() -> Iterator[None]:
    """The interpreter takes the GIL from no thread that does not give it up by itself."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000.0)
    yield
    sys.setswitchinterval(interval)


ONES = [[np.ones(1 << 20, np.float32)] for _ in range(3)]
TENSORS = [[torch.ones(1 << 20)] for _ in range(3)]
PLAN = _core.SgdPlan()
KERNELS: dict[str, Callable[[], object]] = {
    "sgd_step": lambda: _core.sgd_step(*ONES, **OPTIONS),
    "grad_norm": lambda: _core.grad_norm(ONES[0]),
    "SgdPlan.step": lambda: (PLAN.read(*TENSORS, [0], [], [], [], []), PLAN.step([_core.SgdOptions(**OPTIONS)])),
    "philox_words": lambda: _core.philox_words(0, 0, 0, np.zeros(1, np.uint64), np.zeros(1, np.uint64), 1 << 18),
    "apply_lookup_table": lambda: _core.apply_lookup_table(np.zeros(1 << 20, np.uint8), np.zeros((1, 256), np.float32)),
}


@pytest.mark.usefixtures("_no_switching")
@pytest.mark.parametrize("kernel", KERNELS)
def test_another_python_thread_runs_while_a_kernel_does(kernel: str) -> None:
    gate, has_run = threading.Lock(), []
    gate.acquire()

    def run_behind_the_gate() -> None:
        with gate:
            has_run.append(True)

    other = threading.Thread(target=run_behind_the_gate)
    other.start()
    gate.release()
    # The other thread needs the GIL, which from here on only the kernel gives up. Several calls, because the system
    # may not wake the thread within the first one.
    for _ in range(1000):
        if has_run:
            break
        KERNELS[kernel]()
    ran_during_a_call = bool(has_run)
    other.join()
    assert ran_during_a_call


def test_python_threads_at_once_get_the_bits_of_one_alone() -> None:
    random = np.random.default_rng(0)
    start = [random.normal(size=100_003) for _ in range(3)]

    def steps(num_threads: int) -> tuple[np.ndarray, np.ndarray]:
        p, g, b = (array.copy() for array in start)
        for _ in range(5):
            _core.sgd_step([p], [g], [b], **OPTIONS, num_threads=num_threads)
        return p, b

    expected_p, expected_b = steps(1)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(steps, [0, 1, 2, 3] * 4))
    for p, b in results:
        np.testing.assert_array_equal(p, expected_p)
        np.testing.assert_array_equal(b, expected_b)
