"""Several sources: the archive from the first that gives it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lrcore.cifar.data.download.archive import Archive, digest
from lrcore.cifar.data.download.fetch import fetch, length
from lrcore.cifar.data.download.patience import Patience
from lrcore.cifar.data.download.report import Report
from lrcore.cifar.data.download.sources import VARIABLE, SlowError, Source, SourceError


def fetched(sources: tuple[Source, ...], folder: Path, report: Report, patience: Patience) -> tuple[Path, Archive]:
    """Download an archive, whole and with the right hash.

    The sources are tried in order. Those that are only slow are tried again at the end, the fastest first, and then at
    any rate. What a source gave stays for the next one and for the next time.

    Args:
        sources: Where to ask.
        folder: Where the file is to be.
        report: Told of each try and each failure.
        patience: When a source gives way.

    Returns:
        The file, and which archive it is.

    Raises:
        OSError: No source gave an archive, each for the reason that the message names; or the file cannot be written.
    """
    attempts = _Attempts(folder, report)
    found = None
    if len(sources) > 1:
        found = attempts.first_of(sources, patience)
        sources = attempts.slow_ones()
    found = found or attempts.first_of(sources, patience.with_any_rate())
    if found is None:
        reasons = "; ".join(f"{source.url}: {reason}" for source, reason in attempts.failures.items())
        raise OSError(f"CIFAR-10 could not be downloaded: {reasons}; {VARIABLE} may name another address")
    return found


class _Attempts:
    """Tries sources and remembers why they failed."""

    def __init__(self, folder: Path, report: Report) -> None:
        self._folder, self._report = folder, report
        self.failures: dict[Source, SourceError] = {}

    def first_of(self, sources: Iterable[Source], patience: Patience) -> tuple[Path, Archive] | None:
        """What the first source gave that did not fail, if there is one."""
        for source in sources:
            try:
                return self._fetched(source, patience)
            except SourceError as error:
                self.failures[source] = error
                self._report.tell(f"{source.url} failed: {error}")
        return None

    def slow_ones(self) -> tuple[Source, ...]:
        """Those that failed by being slow, the fastest first."""
        rates = {source: error.rate for source, error in self.failures.items() if isinstance(error, SlowError)}
        return tuple(sorted(rates, key=lambda source: rates[source], reverse=True))

    def _fetched(self, source: Source, patience: Patience) -> tuple[Path, Archive]:
        partial = self._folder / source.partial_name
        standing = length(partial)
        self._report.tell(
            f"resuming {source.url} at {standing / 1e6:.1f} MB" if standing else f"downloading {source.url}"
        )
        fetch(source.url, partial, source.size, self._report.progress, patience)
        try:
            return partial, source.recognised(digest(partial, "sha256"))
        except SourceError:
            partial.unlink()
            raise
