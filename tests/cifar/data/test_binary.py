"""The binary layout, against records put together by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lrcore.cifar.data.formats import read_binary, read_images, write_binary


def pixel(image: int, row: int, column: int, channel: int) -> int:
    return (image * 7 + row * 3 + column * 5 + channel * 11) % 256


def record(label: int, image: int) -> bytes:
    planes = [pixel(image, row, column, channel) for channel in range(3) for row in range(32) for column in range(32)]
    return bytes([label, *planes])


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    path = tmp_path / "data_batch_1.bin"
    path.write_bytes(record(3, 0) + record(9, 1) + record(0, 2))
    return path


def expected_images(n: int) -> np.ndarray:
    return np.fromfunction(np.vectorize(pixel), (n, 32, 32, 3), dtype=int).astype(np.uint8)


def test_images_are_rows_columns_channels_and_labels_int64(batch: Path) -> None:
    images, labels = read_images([batch], read_binary)
    np.testing.assert_array_equal(images, expected_images(3))
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
    assert images.flags.c_contiguous
    assert labels.tolist() == [3, 9, 0]


def test_files_are_joined_in_order_whatever_their_sizes(batch: Path) -> None:
    other = batch.with_name("data_batch_2.bin")
    other.write_bytes(record(5, 3))
    images, labels = read_images([batch, other], read_binary)
    np.testing.assert_array_equal(images, expected_images(4))
    assert labels.tolist() == [3, 9, 0, 5]


def test_written_files_have_the_official_bytes(batch: Path) -> None:
    path = batch.with_name("written.bin")
    write_binary(path, expected_images(3), np.array([3, 9, 0]))
    assert path.read_bytes() == batch.read_bytes()


@pytest.mark.parametrize(("change", "size"), [(slice(None, -1), 9218), (slice(1, None), 9218), (slice(None, 5), 5)])
def test_a_file_of_broken_records_is_named_with_its_size(batch: Path, change: slice, size: int) -> None:
    batch.write_bytes(batch.read_bytes()[change])
    message = f"^{batch} has {size} bytes, which is not a whole number of 3073-byte records$"
    with pytest.raises(ValueError, match=message):
        read_images([batch], read_binary)


def test_an_empty_file_is_named(batch: Path) -> None:
    batch.write_bytes(b"")
    with pytest.raises(ValueError, match=f"^{batch} is empty: it holds no records$"):
        read_images([batch], read_binary)


@pytest.mark.parametrize("label", [10, 255])
def test_a_label_of_ten_or_more_is_named_with_its_record(batch: Path, label: int) -> None:
    batch.write_bytes(record(3, 0) + record(label, 1) + record(0, 2))
    with pytest.raises(ValueError, match=f"^{batch} has label {label} in record 1, but labels are 0 to 9$"):
        read_images([batch], read_binary)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "data_batch_4.bin"
    with pytest.raises(FileNotFoundError, match=f"^{path} cannot be read: No such file or directory$"):
        read_binary(path)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=f"^{tmp_path} cannot be read: Is a directory$"):
        read_binary(tmp_path)
