"""Prefetching: the same items, and no thread that outlives its block, however that is left."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import keras
import numpy as np
import pytest

from lrcore.cifar.pipeline.batches import Batch, Batches, prefetch
from lrcore.cifar.pipeline.cutout import Cutout
from lrcore.cifar.pipeline.standardize import Standardise

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 32, 32, 3), dtype=np.uint8)
BATCHES = Batches(IMAGES, np.arange(50) % 10, 8, 0, Standardise.fit(IMAGES), Cutout(pixel_level=True))


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("lrcore-prefetch")]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    assert threads() == []
    yield
    assert threads() == []


@pytest.mark.parametrize("depth", [1, 2, 100])
def test_the_items_and_their_order_are_those_of_the_iterator(depth: int) -> None:
    for items in (range(1000), [], [None, 0, False, ()]):
        with prefetch(iter(items), depth) as ahead:
            assert list(ahead) == list(items)


def test_batches_have_the_same_bytes() -> None:
    with prefetch(BATCHES.epoch(1)) as ahead:
        for (inputs, labels), (expected, expected_labels) in zip(ahead, BATCHES.epoch(1), strict=True):
            np.testing.assert_array_equal(inputs, expected)
            np.testing.assert_array_equal(labels, expected_labels)


@pytest.mark.parametrize("depth", [1, 3])
def test_one_thread_makes_the_requested_number_of_items_ahead(depth: int) -> None:
    made, makers, asked_for = threading.Semaphore(0), set(), 0

    def numbers() -> Iterator[int]:
        for number in itertools.count():
            assert number < asked_for + depth
            makers.add(threading.current_thread())
            made.release()
            yield number

    with prefetch(numbers(), depth) as ahead:
        for _ in range(depth):
            assert made.acquire(timeout=10)  # before an item is asked for
        for place in range(10):
            asked_for = place + 1
            assert next(ahead) == place
            assert made.acquire(timeout=10)
        assert makers == set(threads())


def test_an_exception_is_raised_in_its_place() -> None:
    def three_and_an_error() -> Iterator[int]:
        yield from range(3)
        raise RuntimeError("no fourth")

    with prefetch(three_and_an_error(), depth=2) as ahead:
        assert [next(ahead) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(RuntimeError, match="no fourth") as caught:
            next(ahead)
        assert caught.traceback[-1].name == "three_and_an_error"
        assert list(ahead) == []


def test_an_unreadable_source_is_named_before_a_thread_starts() -> None:
    with pytest.raises(TypeError, match="'int' object is not iterable"), prefetch(5):  # type: ignore[arg-type]
        pass
    for depth in (0, -1):
        with pytest.raises(ValueError, match=f"^depth must be at least 1, but got {depth}$"), prefetch([1], depth):
            pass
    prefetch(itertools.count())  # never entered


def test_a_block_that_is_left_early_ends_the_thread() -> None:
    with prefetch(itertools.count()) as ahead:
        for number in ahead:
            assert len(threads()) == 1
            if number == 3:
                break
    assert threads() == []
    with prefetch(itertools.count()):
        pass


def test_an_exception_in_the_block_ends_the_thread() -> None:
    def divide() -> None:
        with prefetch(itertools.count()) as ahead:
            for number in ahead:
                1 // (3 - number)

    with pytest.raises(ZeroDivisionError):
        divide()
    assert threads() == []


def test_an_interrupt_while_an_item_is_awaited_ends_the_thread() -> None:
    def interrupting() -> Iterator[int]:
        yield 0
        os.kill(os.getpid(), signal.SIGINT)
        yield 1

    def read() -> None:
        with prefetch(interrupting(), depth=1) as ahead:
            for _ in ahead:
                pass

    with pytest.raises(KeyboardInterrupt):
        read()
    assert threads() == []


def test_the_generator_is_at_its_end_when_the_block_is_left() -> None:
    with prefetch(itertools.count()) as read_from, prefetch(itertools.count()) as never_read:
        assert [next(read_from), next(read_from)] == [0, 1]
    assert list(never_read) in ([], [0])  # one that was ready may still be given
    assert list(read_from) in ([], [2])


def test_a_block_can_be_left_while_another_thread_reads() -> None:
    reading, go_on = threading.Event(), threading.Event()
    results: list[int] = []

    def waiting() -> Iterator[int]:
        yield 0
        reading.set()
        go_on.wait(10)
        yield 1

    with prefetch(waiting(), depth=1) as ahead:
        reader = threading.Thread(target=lambda: results.extend(ahead))
        reader.start()
        assert reading.wait(10)
        go_on.set()
    reader.join(10)
    assert not reader.is_alive()
    assert results in ([0], [0, 1])


def block_in_a_generator(items: Iterator[int]) -> Iterator[int]:
    with prefetch(items, depth=1) as ahead:
        yield from ahead


def test_an_abandoned_prefetching_generator_ends_its_thread() -> None:
    generator = block_in_a_generator(itertools.count())
    next(generator)
    del generator
    assert threads() == []


def test_a_prefetching_generator_may_be_collected_in_its_thread() -> None:
    abandoned, collected = threading.Event(), threading.Event()

    def collecting() -> Iterator[int]:
        yield 0
        abandoned.wait(10)
        gc.collect()
        collected.set()
        yield 1

    cycle: list[object] = [block_in_a_generator(collecting())]
    next(cycle[0])  # type: ignore[call-overload]
    cycle.append(cycle)
    [thread] = threads()
    del cycle
    abandoned.set()
    assert collected.wait(10)
    thread.join(10)
    assert not thread.is_alive()


def test_the_items_that_were_taken_are_not_kept() -> None:
    class Item:
        living = 0

        def __init__(self) -> None:
            Item.living += 1

        def __del__(self) -> None:
            Item.living -= 1

    with prefetch((Item() for _ in range(20)), depth=2) as ahead:
        for _item in ahead:
            assert Item.living <= 4  # this one, the one before while it is replaced, and two ahead
        del _item
    assert Item.living == 0


FORGETFUL = """
import itertools
from lrcore.cifar.pipeline.batches import prefetch
block = prefetch(itertools.count())
next(block.__enter__())
"""


def test_a_program_that_never_leaves_the_block_ends() -> None:
    command = [sys.executable, "-c", FORGETFUL]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.fixture(name="model", scope="module")
def _model() -> keras.Model:
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01), loss, jit_compile=False)
    return model


@pytest.mark.parametrize("steps", [3, len(BATCHES)])
def test_keras_may_keep_the_generator(model: keras.Model, steps: int, capfd: pytest.CaptureFixture[str]) -> None:
    for epoch in range(3):
        with prefetch(BATCHES.epoch(epoch)) as ahead:
            model.fit(ahead, steps_per_epoch=steps, shuffle=False, verbose=0)
        assert threads() == []
        assert "lrcore" not in capfd.readouterr().err  # in TensorFlow's log


def test_keras_reraises_errors_of_the_items(model: keras.Model) -> None:
    def failing() -> Iterator[Batch]:
        yield BATCHES.batch(0, 0)
        yield BATCHES.batch(0, 1)
        raise OSError("no third batch")

    with pytest.raises(Exception, match="no third batch"), prefetch(failing()) as ahead:
        model.fit(ahead, steps_per_epoch=len(BATCHES), shuffle=False, verbose=0)
    assert threads() == []
