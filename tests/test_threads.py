"""The number of threads, and the core's threads in processes that fork, end, or may start none."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from lrcore import get_num_threads, set_num_threads, sgd_step

STEP = """
import os
import numpy as np
from lrcore import get_num_threads, set_num_threads, sgd_step

def step(size=300_000, num_threads=4):
    p, b = np.ones(size), np.zeros(size)
    sgd_step([p], [np.full(size, 2.0)], [b], lr=0.5, momentum=0.5, nesterov=True, num_threads=num_threads)
    return bool((p == -0.5).all() and (b == 2.0).all())  # 1 - 0.5 * (2 + 0.5 * 2)

def threads():
    return len(os.listdir("/proc/self/task"))
"""


@pytest.fixture(autouse=True)
def _same_number_afterwards() -> Iterator[None]:
    before = get_num_threads()
    yield
    set_num_threads(before)


def run(script: str) -> str:
    """The output of a fresh interpreter that succeeds with an empty standard error."""
    # Since 3.12 Python warns of a fork in any process that has threads.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", STEP + textwrap.dedent(script)]
    one_thread_elsewhere = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        command, env={**os.environ, **one_thread_elsewhere}, capture_output=True, text=True, timeout=300
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.strip()


def test_the_number_that_was_set_is_got() -> None:
    for number in (1, 3, np.int64(2), np.uint8(5)):
        set_num_threads(number)
        assert get_num_threads() == number
        assert type(get_num_threads()) is int


@pytest.mark.parametrize(
    ("number", "error", "message"),
    [
        (0, ValueError, "num_threads must be at least 1, but got 0"),
        (-2, ValueError, "num_threads must be at least 1, but got -2"),
        (2**63, ValueError, "num_threads must fit in 64 bits"),
        (True, TypeError, "num_threads must be an integer, but got True"),
        (2.0, TypeError, "num_threads must be an integer, but got 2.0"),
        ("2", TypeError, "num_threads must be an integer, but got '2'"),
    ],
)
def test_another_number_is_refused_and_changes_nothing(number: Any, error: type, message: str) -> None:
    set_num_threads(3)
    with pytest.raises(error) as caught:
        set_num_threads(number)
    assert str(caught.value) == message
    assert get_num_threads() == 3


def test_the_default_is_the_number_of_usable_cores() -> None:
    assert run("print(get_num_threads())") == str(len(os.sched_getaffinity(0)))
    narrowed = """
    import sys
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    os.execv(sys.executable, [sys.executable, "-c", "import lrcore; print(lrcore.get_num_threads())"])
    """
    assert run(narrowed) == "1"


def test_threads_start_when_needed_and_only_as_many_as_allowed() -> None:
    script = """
    set_num_threads(3)
    counts = [threads()]
    for num_threads in (1, 2, 3, 4):
        assert step(num_threads=num_threads)
        counts.append(threads())
    print(counts)
    """
    assert run(script) == "[1, 1, 2, 3, 3]"


def test_threads_that_share_one_core_do_the_work_too() -> None:
    script = """
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    set_num_threads(4)
    print(all(step() for _ in range(200)), threads())
    """
    assert run(script) == "True 4"


def test_concurrent_steps_are_right_while_the_thread_count_changes() -> None:
    rng = np.random.default_rng(0)
    start = [rng.standard_normal(5003) for _ in range(3)]

    def steps(num_threads: int) -> list[np.ndarray]:
        p, g, b = (array.copy() for array in start)
        for _ in range(100):
            sgd_step([p], [g], [b], lr=0.01, momentum=0.9, nesterov=True, num_threads=num_threads)
        return [p, b]

    expected = steps(1)
    over = threading.Event()

    def change() -> None:
        number = 1
        while not over.is_set():
            set_num_threads(number)
            number = number % 8 + 1

    changer = threading.Thread(target=change)
    changer.start()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(steps, [8] * 16))
    over.set()
    changer.join()
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_a_child_forked_during_a_step_starts_its_own_threads() -> None:
    script = """
    import threading

    set_num_threads(4)
    over = threading.Event()

    def work():
        while not over.is_set():
            assert step()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    results = []
    for _ in range(100):
        child = os.fork()
        if child == 0:
            before = threads()
            right = step() and get_num_threads() == 4
            os._exit(0 if right and (before, threads()) == (1, 4) else 1)
        results.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    over.set()
    for worker in workers:
        worker.join()
    print(sum(results), step())
    """
    assert run(script) == "0 True"


def test_a_grandchild_has_threads_too() -> None:
    script = """
    set_num_threads(4)
    assert step()
    for _ in range(3):
        child = os.fork()
        if child != 0:
            _, status = os.waitpid(child, 0)
            os._exit(os.waitstatus_to_exitcode(status))
        assert step()
        assert threads() == 4
    os._exit(0)
    """
    assert run(script) == ""


def test_multiprocessing_forks_with_steps_on_both_sides() -> None:
    script = """
    import multiprocessing
    import threading

    set_num_threads(4)
    assert step()
    over = threading.Event()

    def work():
        while not over.is_set():
            assert step()

    worker = threading.Thread(target=work)
    worker.start()
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print(all(pool.map(step, [300_000 + i for i in range(64)])))
    over.set()
    worker.join()
    """
    assert run(script) == "True"


def test_the_workers_of_a_torch_data_loader_can_step() -> None:
    script = """
    import torch

    set_num_threads(4)

    class Steps(torch.utils.data.Dataset):
        def __len__(self):
            return 32

        def __getitem__(self, index):
            return step(300_000 + index), threads()

    assert step()
    right = []
    for _ in range(2):
        for batch, counts in torch.utils.data.DataLoader(Steps(), 4, num_workers=2, multiprocessing_context="fork"):
            right.append(bool(batch.all()) and bool((counts >= 4).all()) and step())
    print(len(right), all(right))
    """
    assert run(script) == "16 True"


@pytest.mark.parametrize("size", [1000, 1_000_000])
@pytest.mark.parametrize("wait", ["", "begun.wait()"])  # without, the end comes during the very first step
def test_the_process_ends_quietly_with_a_daemon_thread_in_a_step(size: int, wait: str) -> None:
    script = f"""
    import threading

    set_num_threads(4)
    p, g, b = np.zeros((3, {size}))
    begun = threading.Event()

    def work():
        while True:
            sgd_step([p], [g], [b], lr=0.1, momentum=0.9, num_threads=4)
            begun.set()

    threading.Thread(target=work, daemon=True).start()
    {wait}
    """
    for _ in range(3):
        assert run(script) == ""


def test_the_process_ends_quietly_with_sleeping_threads() -> None:
    assert run("set_num_threads(8); print(step(num_threads=8), threads())") == "True 8"


def test_the_caller_does_all_where_the_system_gives_no_threads() -> None:
    script = """
    import resource

    p, g, b = np.ones(300_000), np.full(300_000, 2.0), np.zeros(300_000)

    def step():
        p.fill(1.0)
        sgd_step([p], [g], [b], lr=0.5, momentum=0.5, num_threads=4)
        return bool((p == 0.0).all() or (p == -0.5).all())  # 1 - 0.5 * 2, then 1 - 0.5 * (2 + 0.5 * 2)

    set_num_threads(4)
    pages = int(open("/proc/self/statm").read().split()[0])
    # No room for the stack of another thread. The number of processes would not limit a superuser.
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**20, hard))
    print(step(), threads())
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    print(step(), threads())
    """
    assert run(script).split("\n") == ["True 1", "True 4"]
