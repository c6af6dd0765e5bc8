"""The python layout: pickles of every protocol, and pickles that mean harm."""

from __future__ import annotations

import pickle
import struct
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrcore.cifar.data.formats import read_images, read_pickled

N = 4
DATA = (np.arange(N * 3072) * 7 % 253).astype(np.uint8).reshape(N, 3072)
LABELS = [3, 9, 0, 7]


def python2_str(value: bytes) -> bytes:
    return b"U" + bytes([len(value)]) + value


def python2_batch() -> bytes:
    """The opcodes that Python 2 wrote for the official files: protocol 2, str keys, numpy.core."""
    dtype = b"cnumpy\ndtype\n" + python2_str(b"u1") + b"K\x00K\x01\x87R(K\x03" + python2_str(b"|") + b"NNN"
    dtype += b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + python2_str(b"b") + b"\x87R"
    array += b"(K\x01" + b"J" + struct.pack("<i", N) + b"M\x00\x0c\x86" + dtype + b"\x89"
    array += b"T" + struct.pack("<i", DATA.size) + DATA.tobytes() + b"tb"
    labels = b"](" + b"".join(b"K" + bytes([label]) for label in LABELS) + b"e"
    entries = python2_str(b"batch_label") + python2_str(b"training batch 1 of 5")
    entries += python2_str(b"labels") + labels + python2_str(b"data") + array
    return b"\x80\x02}(" + entries + python2_str(b"filenames") + b"](" + python2_str(b"a.png") + b"eu."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data_batch_1"


def write(path: Path, content: Any, protocol: int = 4) -> None:
    path.write_bytes(pickle.dumps(content, protocol))


def assert_batch(path: Path) -> None:
    batch = read_pickled(path)
    np.testing.assert_array_equal(batch.rows, DATA)
    assert batch.rows.dtype == np.uint8
    assert batch.labels == LABELS


def test_a_pickle_of_python_2_is_read(path: Path) -> None:
    path.write_bytes(python2_batch())
    assert_batch(path)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("encode", [str, str.encode])
def test_a_pickle_of_python_3_is_read_in_any_protocol_and_order(
    path: Path, protocol: int, order: Any, encode: Any
) -> None:
    write(path, {encode("labels"): LABELS, encode("data"): np.array(DATA, order=order)}, protocol)
    assert_batch(path)


@pytest.mark.parametrize("package", [b"numpy.core", b"numpy._core"])
def test_numpy_1_and_numpy_2_names_are_read(path: Path, package: bytes) -> None:
    path.write_bytes(python2_batch().replace(b"numpy.core", package))
    assert_batch(path)


def test_images_and_labels_come_out_as_from_the_binary_layout(path: Path) -> None:
    path.write_bytes(python2_batch())
    images, labels = read_images([path], read_pickled)
    assert images[2, 5, 6].tolist() == [DATA[2, plane * 1024 + 5 * 32 + 6] for plane in range(3)]
    assert labels.tolist() == LABELS


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_would_run_code_is_refused_and_not_run(path: Path, tmp_path: Path, protocol: int) -> None:
    owned = tmp_path / "owned"
    write(path, {"labels": LABELS, "data": Call(exec, f"open({str(owned)!r}, 'w')")}, protocol)
    module = "__builtin__" if protocol < 3 else "builtins"
    message = f"^{path} was refused: its pickle asks for {module}.exec, which no CIFAR-10 batch needs$"
    with pytest.raises(ValueError, match=message):
        read_pickled(path)
    assert not owned.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("posix", "system"),
        ("numpy", "load"),
        ("numpy", "ndarray.tofile"),
        ("numpy.core.multiarray", "fromfile"),
        ("lrcore.cifar.data.formats", "read_pickled"),
        ("builtins", "getattr"),
    ],
)
def test_every_other_global_is_refused_by_name(path: Path, module: str, name: str) -> None:
    path.write_bytes(b"\x80\x04X" + struct.pack("<i", len(module)) + module.encode() + b"X"
                     + struct.pack("<i", len(name)) + name.encode() + b"\x93.")  # fmt: skip
    with pytest.raises(ValueError, match=f"asks for {module}.{name}, which"):
        read_pickled(path)


def test_a_refused_module_is_not_even_imported(path: Path) -> None:
    assert "this" not in sys.modules
    path.write_bytes(b"cthis\ns\n.")
    with pytest.raises(ValueError, match=r"asks for this\.s"):
        read_pickled(path)
    assert "this" not in sys.modules


def test_a_codec_other_than_latin1_is_refused(path: Path) -> None:
    path.write_bytes(b"c_codecs\nencode\n(Vabc\nVzlib\ntR.")
    with pytest.raises(ValueError, match=f"^{path} is not a CIFAR-10 batch: its pickle is corrupt"):
        read_pickled(path)


def test_an_array_in_a_pickle_never_reaches_numpys_setstate(path: Path) -> None:
    harmful = python2_batch().replace(b"cnumpy\ndtype\n" + python2_str(b"u1"), b"cnumpy\ndtype\n" + python2_str(b"O8"))
    path.write_bytes(harmful)
    with pytest.raises(ValueError, match="its 'data' is not a uint8 array"):
        read_pickled(path)


def test_a_truncated_pickle_is_one_error_that_names_the_file(path: Path) -> None:
    whole = python2_batch()
    for length in [*range(0, 400, 7), *range(400, len(whole), 997), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=f"^{path} (is not a CIFAR-10 batch|was refused): its pickle "):
            read_pickled(path)


def test_a_huge_memo_index_takes_no_memory(path: Path) -> None:
    tracemalloc.start()
    path.write_bytes(b"\x80\x02Nr" + struct.pack("<I", 2**30) + b".")
    with pytest.raises(ValueError, match="it holds a NoneType, not a dict"):
        read_pickled(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**24


def test_a_damaged_byte_gives_a_batch_or_a_value_error(path: Path) -> None:
    whole = python2_batch()
    start = whole.index(DATA.tobytes())
    for place in [*range(start), *range(start + DATA.size, len(whole))]:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            read_pickled(path)
        except ValueError as error:
            assert str(error).startswith(str(path))  # noqa: PT017 - some damage does no harm, so nothing need be raised


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([LABELS, DATA], "it holds a list, not a dict"),
        ({"data": DATA}, "its 'labels' are not a list of int"),
        ({"labels": tuple(LABELS), "data": DATA}, "its 'labels' are not a list of int"),
        ({"labels": [True, 0, 0, 0], "data": DATA}, "its 'labels' are not a list of int"),
        ({"labels": [0.0, 0, 0, 0], "data": DATA}, "its 'labels' are not a list of int"),
        ({"labels": LABELS}, "its 'data' is not a uint8 array of shape (4, 3072)"),
        ({"labels": LABELS, "data": DATA.tobytes()}, "its 'data' is not a uint8 array of shape (4, 3072)"),
        ({"labels": LABELS, "data": DATA[:3]}, "its 'data' is not a uint8 array of shape (4, 3072)"),
        ({"labels": LABELS, "data": DATA.reshape(4, 3, 32, 32)}, "its 'data' is not a uint8 array of shape (4, 3072)"),
        ({"labels": LABELS, "data": DATA.astype(np.int8)}, "its 'data' is not a uint8 array of shape (4, 3072)"),
        ({"labels": LABELS, "data": DATA.astype(np.float64)}, "its 'data' is not a uint8 array of shape (4, 3072)"),
    ],
)
def test_another_content_is_named(path: Path, content: Any, message: str) -> None:
    write(path, content)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared below
        read_pickled(path)
    assert str(caught.value) == f"{path} is not a CIFAR-10 batch: {message}"


def test_an_array_with_fewer_bytes_than_its_shape_is_named(path: Path) -> None:
    shortened = python2_batch().replace(DATA.tobytes(), DATA.tobytes()[:-1])
    path.write_bytes(shortened.replace(b"T" + struct.pack("<i", DATA.size), b"T" + struct.pack("<i", DATA.size - 1)))
    with pytest.raises(ValueError, match=f"^{path} is not a CIFAR-10 batch: its 'data' does not have 12288 bytes$"):
        read_pickled(path)


@pytest.mark.parametrize("label", [10, -1, 10**30])
def test_a_label_out_of_range_is_named_with_its_record(path: Path, label: int) -> None:
    write(path, {"labels": [0, 1, label, 2], "data": DATA})
    with pytest.raises(ValueError, match=f"^{path} has label {label} in record 2, but labels are 0 to 9$"):
        read_images([path], read_pickled)


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"^{path} cannot be read: No such file or directory$"):
        read_pickled(path)
