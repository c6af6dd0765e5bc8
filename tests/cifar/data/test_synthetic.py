"""The synthetic set: made once and whole, learnable but not linearly."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lrcore.cifar.data import Dataset, load
from lrcore.cifar.data.cache import cache_folder, cached
from lrcore.cifar.data.synthetic import draw_images

FILES = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache that two processes have just filled at once."""
    folder = tmp_path_factory.mktemp("cache") / "not made yet"
    command = [sys.executable, "-c", "from lrcore.cifar.data import load; load('synthetic')"]
    processes = [subprocess.Popen(command, env={**os.environ, "LRCORE_CACHE": str(folder)}) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LRCORE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def data(cache: Path) -> Dataset:
    return load("synthetic")


def test_two_processes_at_once_leave_one_whole_folder(cache: Path) -> None:
    assert [path.name for path in cache.iterdir()] == ["synthetic-v1"]
    sizes = {name: (cache / "synthetic-v1" / name).stat().st_size for name in FILES}
    assert sizes == dict.fromkeys(FILES, 2000 * 3073)


def test_it_is_ten_balanced_classes_of_cifars_shape(data: Dataset) -> None:
    assert (data.train_images.shape, data.test_images.shape) == ((10_000, 32, 32, 3), (2000, 32, 32, 3))
    assert np.bincount(data.train_labels).tolist() == [1000] * 10
    assert np.bincount(data.test_labels).tolist() == [200] * 10


def test_it_says_that_it_is_synthetic_and_names_its_own_classes(data: Dataset, cache: Path) -> None:
    assert data.synthetic
    assert data.source == str(cache / "synthetic-v1")
    assert data.classes[0] == "vertical stripes"
    assert len(set(data.classes)) == 10
    assert "airplane" not in data.classes


def test_a_copy_of_its_folder_still_says_that_it_is_synthetic(cache: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(cache / "synthetic-v1", tmp_path / "cifar-10-batches-bin")
    assert load(copy).synthetic
    assert load(tmp_path).synthetic


def test_it_is_made_once(data: Dataset, cache: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*")}
    load("synthetic")
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*")} == before


def test_no_two_images_are_equal(data: Dataset) -> None:
    images = np.concatenate([data.train_images, data.test_images])
    assert len({image.tobytes() for image in images}) == 12_000


def test_an_image_depends_on_its_label_and_place_alone(data: Dataset) -> None:
    places = np.array([1999, 3, 70])
    np.testing.assert_array_equal(draw_images(data.test_labels[places], 5, places), data.test_images[places])


def linear_accuracy(features: Callable[[np.ndarray], np.ndarray], data: Dataset, penalty: float) -> float:
    """Test accuracy of ridge regression from standardised features to the ten classes."""
    train, test = features(data.train_images[:4000]), features(data.test_images)
    mean, std = train.mean(axis=0), train.std(axis=0) + 1e-9
    train, test = (train - mean) / std, (test - mean) / std
    targets = np.eye(10)[data.train_labels[:4000]] - 0.1
    weights = np.linalg.solve(train.T @ train + penalty * np.eye(train.shape[1]), train.T @ targets)
    return float((np.argmax(test @ weights, axis=1) == data.test_labels).mean())


def colours(images: np.ndarray) -> np.ndarray:
    """Pixels, averaged over 4 x 4."""
    return images.reshape(-1, 8, 4, 8, 4, 3).mean(axis=(2, 4)).reshape(len(images), -1)


def spectra(images: np.ndarray) -> np.ndarray:
    """Strength of each wave in the grey image: the same wherever the texture lies."""
    grey = images.mean(axis=-1)
    return np.log1p(np.abs(np.fft.rfft2(grey - grey.mean(axis=(1, 2), keepdims=True)))).reshape(len(images), -1)


def test_pixels_hint_at_the_class_but_only_the_texture_tells_it(data: Dataset) -> None:
    by_colour, by_texture = linear_accuracy(colours, data, 100.0), linear_accuracy(spectra, data, 100.0)
    assert 0.2 < by_colour < 0.5  # chance is 0.1
    assert by_texture > by_colour + 0.2


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LRCORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_environment_can_override_the_users_cache(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cache_folder() == empty_cache
    monkeypatch.delenv("LRCORE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in cache_folder().parents
    assert cache_folder().name == "lrcore"


def test_a_failure_half_way_leaves_nothing(empty_cache: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached("name", fail)
    assert list(empty_cache.iterdir()) == []


def test_leftovers_of_a_killed_process_are_not_used(empty_cache: Path) -> None:
    script = """
import os
from lrcore.cifar.data.cache import cached
def die(folder):
    (folder / "half").write_text("")
    os._exit(9)
cached("name", die)
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == 9
    folder = cached("name", lambda folder: (folder / "whole").touch())
    assert [path.name for path in folder.iterdir()] == ["whole"]


def test_the_folder_of_a_faster_process_is_used(empty_cache: Path) -> None:
    def slow(folder: Path) -> None:
        cached("name", lambda faster: (faster / "fast").touch())
        (folder / "slow").touch()

    assert [path.name for path in cached("name", slow).iterdir()] == ["fast"]
    assert [path.name for path in empty_cache.iterdir()] == ["name"]


def test_a_cache_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LRCORE_CACHE", str(tmp_path / "file" / "cache"))
    message = f"^cache folder {tmp_path}/file/cache cannot be written: Not a directory; LRCORE_CACHE may name another$"
    with pytest.raises(NotADirectoryError, match=message):
        load("synthetic")


def test_the_bytes_are_the_same_in_another_process(data: Dataset, tmp_path: Path) -> None:
    script = (
        "import hashlib; from lrcore.cifar.data import load;"
        "print(hashlib.sha256(load('synthetic').train_images.tobytes()).hexdigest(), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "LRCORE_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == hashlib.sha256(data.train_images.tobytes()).hexdigest()
