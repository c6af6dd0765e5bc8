from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lrcore.cifar.data.binary import RECORD_BYTES


@pytest.fixture(scope="session")
def cifar_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small CIFAR-10 in the official binary layout: bright classes, dark classes, noise."""
    folder = tmp_path_factory.mktemp("cifar-10-batches-bin")
    random = np.random.default_rng(0)
    for name in [f"data_batch_{index}" for index in range(1, 6)] + ["test_batch"]:
        records = random.integers(0, 100, (40, RECORD_BYTES), dtype=np.uint8)
        records[:, 0] = np.arange(40) % 10
        records[:, 1:] += (records[:, :1] * 15).astype(np.uint8)
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    (folder / "batches.meta.txt").write_text("")
    return folder
