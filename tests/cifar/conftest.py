from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lrcore.cifar.data.binary import RECORD_BYTES


@pytest.fixture(scope="session")
def cifar_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small CIFAR-10 in the official binary layout, of 200 and 40 images."""
    return write_cifar(tmp_path_factory.mktemp("cifar-10-batches-bin"), images_per_file=40)


@pytest.fixture(scope="session")
def tiny_cifar_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of 50 and 10 images."""
    return write_cifar(tmp_path_factory.mktemp("cifar-10-batches-bin"), images_per_file=10)


def write_cifar(folder: Path, images_per_file: int) -> Path:
    """Bright classes, dark classes, noise."""
    random = np.random.default_rng(0)
    for name in [f"data_batch_{index}" for index in range(1, 6)] + ["test_batch"]:
        records = random.integers(0, 100, (images_per_file, RECORD_BYTES), dtype=np.uint8)
        records[:, 0] = np.arange(images_per_file) % 10
        records[:, 1:] += (records[:, :1] * 15).astype(np.uint8)
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    (folder / "batches.meta.txt").write_text("")
    return folder
