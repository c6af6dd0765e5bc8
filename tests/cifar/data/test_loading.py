"""The one entrance: both layouts, wherever they lie, and every way in which a folder can be wrong."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lrcore.cifar.data import CLASSES, Dataset, load

NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
ROWS = np.random.default_rng(0).integers(0, 256, (6, 3, 3072), dtype=np.uint8)
LABELS = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 0, 1], [2, 3, 4], [5, 6, 7]]


def write_binary_layout(folder: Path) -> Path:
    folder.mkdir()
    for name, rows, labels in zip(NAMES, ROWS, LABELS, strict=True):
        records = [bytes([label]) + row.tobytes() for row, label in zip(rows, labels, strict=True)]
        (folder / f"{name}.bin").write_bytes(b"".join(records))
    return folder


def write_python_layout(folder: Path) -> Path:
    folder.mkdir()
    for name, rows, labels in zip(NAMES, ROWS, LABELS, strict=True):
        (folder / name).write_bytes(pickle.dumps({"labels": labels, "data": rows}, protocol=2))
    return folder


def assert_is_the_set(data: Dataset, source: Path) -> None:
    images = ROWS.reshape(18, 3, 32, 32).transpose(0, 2, 3, 1)
    labels = [label for batch in LABELS for label in batch]
    np.testing.assert_array_equal(data.train_images, images[:15])
    np.testing.assert_array_equal(data.test_images, images[15:])
    assert data.train_labels.tolist() == labels[:15]
    assert data.test_labels.tolist() == labels[15:]
    for array in (data.train_images, data.test_images):
        assert array.dtype == np.uint8
        assert array.flags.c_contiguous
    assert data.train_labels.dtype == data.test_labels.dtype == np.int64
    assert (data.source, data.synthetic, data.classes) == (str(source), False, CLASSES)


@pytest.mark.parametrize("write", [write_binary_layout, write_python_layout])
def test_a_folder_may_hold_either_layout_directly(tmp_path: Path, write: object) -> None:
    folder = write(tmp_path / "any name")  # type: ignore[operator]
    assert_is_the_set(load(folder), folder)
    assert_is_the_set(load(str(folder)), folder)


@pytest.mark.parametrize(
    ("write", "name"), [(write_binary_layout, "cifar-10-batches-bin"), (write_python_layout, "cifar-10-batches-py")]
)
def test_a_folder_may_hold_either_layout_under_its_official_name(tmp_path: Path, write: object, name: str) -> None:
    folder = write(tmp_path / name)  # type: ignore[operator]
    assert_is_the_set(load(tmp_path), folder)


def test_the_binary_layout_is_preferred(tmp_path: Path) -> None:
    write_python_layout(tmp_path / "cifar-10-batches-py")
    binary = write_binary_layout(tmp_path / "cifar-10-batches-bin")
    assert_is_the_set(load(tmp_path), binary)


def test_an_empty_binary_folder_does_not_hide_the_python_layout(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-bin").mkdir()
    python = write_python_layout(tmp_path / "cifar-10-batches-py")
    assert_is_the_set(load(tmp_path), python)


def test_the_hash_is_the_same_from_either_layout(tmp_path: Path) -> None:
    images = ROWS.reshape(18, 3, 32, 32).transpose(0, 2, 3, 1)
    labels = b"".join(label.to_bytes(8, "little") for batch in LABELS for label in batch)
    parts = (images[:15].tobytes(), labels[: 15 * 8], images[15:].tobytes(), labels[15 * 8 :])
    expected = hashlib.sha256(b"".join(parts)).hexdigest()
    assert load(write_binary_layout(tmp_path / "binary")).sha256 == expected
    assert load(write_python_layout(tmp_path / "python")).sha256 == expected


def test_the_hash_tells_a_changed_label(tmp_path: Path) -> None:
    first = load(write_binary_layout(tmp_path / "binary"))
    labels = first.test_labels.copy()
    labels[0] += 1
    assert replace(first, test_labels=labels).sha256 != first.sha256


def test_classes_are_cifar10s_in_the_order_of_the_labels() -> None:
    assert CLASSES == ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "missing"
    with pytest.raises(FileNotFoundError, match=f"^data folder {folder} cannot be read: No such file or directory$"):
        load(folder)


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError, match=f"^data folder {tmp_path}/file cannot be read: Not a directory$"):
        load(tmp_path / "file")


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"^data folder {tmp_path} holds no CIFAR-10: .*cifar-10-batches-bin"):
        load(tmp_path)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("write", "suffix"), [(write_binary_layout, ".bin"), (write_python_layout, "")])
def test_a_missing_batch_file_is_named(tmp_path: Path, write: object, suffix: str, name: str) -> None:
    folder = write(tmp_path / "data")  # type: ignore[operator]
    path = folder / f"{name}{suffix}"
    path.unlink()
    with pytest.raises(FileNotFoundError, match=f"^{path} cannot be read: No such file or directory$"):
        load(folder)


def test_a_file_truncated_by_one_byte_is_named(tmp_path: Path) -> None:
    folder = write_binary_layout(tmp_path / "data")
    path = folder / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=f"^{path} has 9218 bytes, which is not a whole number of 3073-byte records$"):
        load(folder)


def test_an_empty_batch_file_is_named(tmp_path: Path) -> None:
    folder = write_binary_layout(tmp_path / "data")
    (folder / "test_batch.bin").write_bytes(b"")
    with pytest.raises(ValueError, match=f"^{folder}/test_batch.bin is empty: it holds no records$"):
        load(folder)


def test_a_label_of_ten_is_named(tmp_path: Path) -> None:
    folder = write_binary_layout(tmp_path / "data")
    path = folder / "data_batch_2.bin"
    path.write_bytes(b"\x0a" + path.read_bytes()[1:])
    with pytest.raises(ValueError, match=f"^{path} has label 10 in record 0, but labels are 0 to 9$"):
        load(folder)
