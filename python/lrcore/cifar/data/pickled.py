"""The python layout of CIFAR-10: pickles, read without running anything that they ask for."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from lrcore.cifar.data.batch_files import ROW_BYTES, Batch, read_bytes


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
