"""The binary layout of CIFAR-10: records of one label byte and 3072 pixel bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lrcore.cifar.data.batch_files import ROW_BYTES, Batch, read_bytes

RECORD_BYTES = 1 + ROW_BYTES


def read_binary(path: Path) -> Batch:
    """Read a batch file of any number of whole records.

    Args:
        path: Such as cifar-10-batches-bin/data_batch_1.bin.

    Raises:
        OSError: The file cannot be read.
        ValueError: Its size is not a multiple of 3073 bytes.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
    """
    content = read_bytes(path)
    if len(content) % RECORD_BYTES:
        raise ValueError(f"{path} has {len(content)} bytes, which is not a whole number of {RECORD_BYTES}-byte records")
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD_BYTES)
    return Batch(records[:, 1:], records[:, 0].tolist())


def write_binary(path: Path, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> None:
    """Write a batch file.

    Args:
        path: File to write.
        images: uint8, shape (n, 32, 32, 3).
        labels: int64, shape (n,), each from 0 to 9.
    """
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), ROW_BYTES)
    path.write_bytes(np.column_stack([labels.astype(np.uint8), rows]).tobytes())
