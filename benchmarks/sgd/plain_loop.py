"""What the memory can do: a loop that reads three arrays and writes two, in C, on every core."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

BYTES_PER_WEIGHT = 20

SOURCE = """
void plain_loop(float *restrict p, const float *restrict g, float *restrict b, long begin, long end) {
    for (long i = begin; i < end; ++i) {
        b[i] = 0.9f * b[i] + g[i];
        p[i] -= 1e-3f * b[i];
    }
}
"""


def plain_loop(size: int) -> Callable[[], object] | None:
    """One pass over arrays of `size` float32 each, shared out among threads; None where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "plain_loop.c"), Path(folder, "plain_loop.so")
        source.write_text(SOURCE)
        subprocess.run([compiler, "-O3", "-march=native", "-shared", "-fPIC", source, "-o", library], check=True)
        function = ctypes.CDLL(str(library)).plain_loop
    function.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_long] * 2
    arrays = [np.random.default_rng(i).standard_normal(size, np.float32) for i in range(3)]
    addresses = [array.ctypes.data for array in arrays]
    threads = len(os.sched_getaffinity(0))
    bounds = [size * thread // threads for thread in range(threads + 1)]
    pool = ThreadPoolExecutor(threads)

    def run() -> object:
        # ctypes lets go of the GIL. The arrays live as long as this function.
        return arrays and list(pool.map(lambda i: function(*addresses, bounds[i], bounds[i + 1]), range(threads)))

    return run
