"""One entrance to the data: synthetic, downloaded, or a folder in either layout."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from lrcore.cifar.data.dataset import CLASSES, Dataset
from lrcore.cifar.data.download import SILENT, Report, ensure_cifar10
from lrcore.cifar.data.formats import TEST_BATCH, TRAIN_BATCHES, Batch, read_binary, read_images, read_pickled
from lrcore.cifar.data.synthetic import SYNTHETIC_CLASSES, ensure_synthetic_cifar10, is_synthetic

# The binary layout first: where both are, it needs no unpickling.
_LAYOUTS: tuple[tuple[str, str, Callable[[Path], Batch]], ...] = (
    ("cifar-10-batches-bin", ".bin", read_binary),
    ("cifar-10-batches-py", "", read_pickled),
)


def load(data: str | os.PathLike[str], *, report: Report = SILENT) -> Dataset:
    """Load CIFAR-10, or the synthetic set of its shape.

    Args:
        data: "synthetic" (made once, kept in the cache), "cifar10" (taken from the cache or from where Keras or
            torchvision left it, else downloaded once into the cache), or a folder that holds the binary or the python
            layout, directly or as cifar-10-batches-bin or cifar-10-batches-py.
        report: Called on the way to "cifar10".

    Raises:
        OSError: A folder or file is missing or cannot be read, or the download failed.
        ValueError: A file is damaged, or LRCORE_CIFAR10_URL is not an address; the message names it.
    """
    if data == "synthetic":
        return _read(ensure_synthetic_cifar10())
    if data == "cifar10":
        return _read(ensure_cifar10(report))
    return _read(Path(data))


def _read(folder: Path) -> Dataset:
    try:
        os.listdir(folder)
    except OSError as error:
        raise type(error)(f"data folder {folder} cannot be read: {error.strerror}") from error
    for name, suffix, read in _LAYOUTS:
        for place in (folder, folder / name):
            train = [place / f"{batch}{suffix}" for batch in TRAIN_BATCHES]
            test = place / f"{TEST_BATCH}{suffix}"
            if any(os.path.lexists(path) for path in (*train, test)):
                return _dataset(place, train, test, read)
    layouts = " nor ".join(name for name, _, _ in _LAYOUTS)
    raise FileNotFoundError(f"data folder {folder} holds no CIFAR-10: neither {layouts} nor the files of one of them")


def _dataset(place: Path, train: list[Path], test: Path, read: Callable[[Path], Batch]) -> Dataset:
    synthetic = is_synthetic(place)
    classes = SYNTHETIC_CLASSES if synthetic else CLASSES
    return Dataset(*read_images(train, read), *read_images([test], read), str(place), synthetic, classes)
