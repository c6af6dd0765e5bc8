"""Ways to obtain CIFAR-10, the cheapest first."""

from __future__ import annotations

import os
from pathlib import Path

from lrcore.cifar.data.cache import cache_errors, cache_folder, cached
from lrcore.cifar.data.download.archive import Archive
from lrcore.cifar.data.download.fetch import download_first
from lrcore.cifar.data.download.local import download_lock, find_local_archive, find_local_folder
from lrcore.cifar.data.download.sources import (
    MIRRORS,
    PATIENCE,
    SILENT,
    Report,
    Source,
    StallPolicy,
    archives_of,
    selected_sources,
)


def ensure_cifar10(
    report: Report = SILENT, sources: tuple[Source, ...] = MIRRORS, patience: StallPolicy = PATIENCE
) -> Path:
    """A folder with CIFAR-10 in one of its layouts.

    It is the one in the cache; else one that Keras or torchvision left, which is read where it is; else one that is
    unpacked into the cache from an archive that they left, or from one that is downloaded.

    Args:
        report: Told what is done.
        sources: Where to ask, unless LRCORE_CIFAR10_URL names an address.
        patience: When a source gives way to the next.

    Raises:
        OSError: No source gave an archive, or the cache cannot be written.
        ValueError: LRCORE_CIFAR10_URL is not an address.
    """
    archives = archives_of(sources)
    folder = _kept(archives) or find_local_folder(archives, report.log)
    if folder is not None:
        return folder
    with cache_errors(), download_lock(cache_folder(), report.log):
        folder = _kept(archives)  # of another process, while this one waited
        return folder or _unpacked(archives, report, selected_sources(sources), patience)


def _kept(archives: tuple[Archive, ...]) -> Path | None:
    """The folder in the cache: it got there whole, from an archive whose hash was right."""
    folders = (cache_folder() / archive.folder for archive in archives)
    return next((folder for folder in folders if os.path.isdir(folder)), None)


def _unpacked(
    archives: tuple[Archive, ...], report: Report, sources: tuple[Source, ...], patience: StallPolicy
) -> Path:
    local = find_local_archive(archives, report.log)
    path, archive = local or download_first(sources, cache_folder(), report, patience)
    report.log(f"unpacking {path}")
    folder = cached(archive.folder, lambda folder: archive.extract(path, folder))
    for partial in cache_folder().glob("cifar-10-*.part"):  # also what other sources gave of the other archive
        partial.unlink()
    return folder
