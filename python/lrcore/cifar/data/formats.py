"""The two official layouts of CIFAR-10: binary files, and pickles read without running what they ask for."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

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


def read_pickled(path: Path) -> Batch:
    """Read a batch file, as Python 2 wrote the official ones or as any Python 3 would write them again.

    No global that a pickle names is imported: those which an array needs become the inert stand-ins below, all others
    are refused. So nothing of a pickle is called, and no NumPy object comes from its hands.

    Args:
        path: Such as cifar-10-batches-py/data_batch_1.

    Raises:
        OSError: The file cannot be read.
        ValueError: The pickle is corrupt, names another global, or does not hold a batch.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Python / Matlab versions".
    """
    content = read_bytes(path)
    try:
        batch = _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except _RefusedGlobalError as error:
        raise ValueError(f"{path} was refused: its pickle asks for {error}, which no CIFAR-10 batch needs") from None
    except Exception as error:  # damaged opcodes end in whatever exception they happen to run into
        raise ValueError(f"{path} is not a CIFAR-10 batch: its pickle is corrupt ({error})") from error
    try:
        return _batch(batch)
    except ValueError as error:
        raise ValueError(f"{path} is not a CIFAR-10 batch: {error}") from None


class _RefusedGlobalError(Exception):
    """A pickle names a global that is not needed."""


class _Dtype:
    """Stands for numpy.dtype: keeps its code and nothing else."""

    def __init__(self, code: Any, *_: Any) -> None:
        self.code = code

    def __setstate__(self, state: Any) -> None:
        """Take a byte order and the like, which one-byte numbers do not have."""


class _Array:
    """Stands for numpy.ndarray and what rebuilds one: keeps shape, dtype, order and bytes."""

    def __init__(self, *_: Any) -> None:
        self.shape, self.dtype, self.order, self.data = None, None, "C", b""

    def __setstate__(self, state: Any) -> None:
        _, self.shape, self.dtype, fortran, self.data = state
        self.order = "F" if fortran else "C"


class _ArrayFromBuffer(_Array):
    """Stands for numpy's _frombuffer, which protocol 5 uses."""

    def __init__(self, data: Any, dtype: Any, shape: Any, order: Any, *_: Any) -> None:
        self.shape, self.dtype, self.order, self.data = shape, dtype, order, data


class _Latin1(bytes):
    """Stands for _codecs.encode, by which protocol 2 of Python 3 stores bytes."""

    def __new__(cls, text: str, encoding: str) -> _Latin1:
        if encoding != "latin1":
            raise ValueError(f"bytes are stored as {encoding}")
        return super().__new__(cls, text.encode("latin1"))


_STAND_INS: dict[tuple[str, str], type] = {
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _Array,
    ("_codecs", "encode"): _Latin1,
} | {
    (f"{package}.{module}", name): stand_in
    for package in ("numpy.core", "numpy._core")
    for module, name, stand_in in (("multiarray", "_reconstruct", _Array), ("numeric", "_frombuffer", _ArrayFromBuffer))
}


class _Unpickler(pickle._Unpickler):  # the one in C allocates whatever memo index a damaged byte asks for
    def find_class(self, module: str, name: str) -> type:
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise _RefusedGlobalError(f"{module}.{name}") from None


def _batch(batch: Any) -> Batch:
    """Check what the pickle held, piece by piece, and turn it into arrays."""
    if not isinstance(batch, dict):
        raise ValueError(f"it holds a {type(batch).__name__}, not a dict")
    entries = {key.decode("latin1") if isinstance(key, bytes) else key: value for key, value in batch.items()}
    labels, data = entries.get("labels"), entries.get("data")
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise ValueError("its 'labels' are not a list of int")
    if not isinstance(data, _Array) or data.shape != (len(labels), ROW_BYTES) or not _is_uint8(data.dtype):
        raise ValueError(f"its 'data' is not a uint8 array of shape ({len(labels)}, {ROW_BYTES})")
    if not isinstance(data.data, (bytes, bytearray)) or len(data.data) != len(labels) * ROW_BYTES:
        raise ValueError(f"its 'data' does not have {len(labels) * ROW_BYTES} bytes")
    rows = np.frombuffer(data.data, np.uint8).reshape(data.shape, order="F" if data.order == "F" else "C")
    return Batch(rows, labels)


def _is_uint8(dtype: Any) -> bool:
    return isinstance(dtype, _Dtype) and dtype.code in ("u1", b"u1", "|u1", b"|u1")
