"""What both official layouts share: six files, whose images are rows of 3072 bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

TRAIN_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST_BATCH = "test_batch"
ROW_BYTES = 3 * 32 * 32


class Batch(NamedTuple):
    """The content of one file.

    Args:
        rows: uint8, shape (n, 3072): the red, then the green, then the blue plane of each image.
        labels: The n labels.
    """

    rows: npt.NDArray[np.uint8]
    labels: list[int]


def read_images(
    paths: list[Path], read: Callable[[Path], Batch]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Read and join batch files.

    Args:
        paths: The files, in order.
        read: Reads one of them.

    Returns:
        Images, uint8 (N, 32, 32, 3), and labels, int64 (N,).

    Raises:
        ValueError: A file has no records, or a label is not in 0 ... 9.
    """
    batches = [_checked(path, read(path)) for path in paths]
    rows = np.concatenate([batch.rows for batch in batches])
    images = np.ascontiguousarray(rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return images, np.array([label for batch in batches for label in batch.labels], np.int64)


def read_bytes(path: Path) -> bytes:
    """Read a whole file; an OSError's message is one sentence that names it."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise type(error)(f"{path} cannot be read: {error.strerror}") from error


def _checked(path: Path, batch: Batch) -> Batch:
    if not batch.labels:
        raise ValueError(f"{path} is empty: it holds no records")
    for record, label in enumerate(batch.labels):
        if not 0 <= label <= 9:
            raise ValueError(f"{path} has label {label} in record {record}, but labels are 0 to 9")
    return batch
