from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cifar_files import write_cifar


@pytest.fixture(scope="session")
def cifar_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small CIFAR-10 in the official binary layout, of 200 and 40 images."""
    return write_cifar(tmp_path_factory.mktemp("cifar-10-batches-bin"), images_per_file=40)


@pytest.fixture(scope="session")
def tiny_cifar_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of 50 and 10 images."""
    return write_cifar(tmp_path_factory.mktemp("cifar-10-batches-bin"), images_per_file=10)
