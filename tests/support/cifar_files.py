"""A small CIFAR-10 in the official binary layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lrcore.cifar.data.formats import RECORD_BYTES


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
