"""What a page is made of. The template knows how to show each kind of block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Paragraph:
    """A sentence or more; a warning is set off from the rest."""

    text: str
    warning: bool = False
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Row:
    """A line of a table; one whose runs differ is marked."""

    label: str
    cells: tuple[str, ...]
    differs: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under a head, which names the columns after the first."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Plot:
    """A figure as SVG markup; `alt` tells what it shows to those who cannot see it."""

    svg: str
    alt: str
    caption: str
    kind: ClassVar[str] = "plot"


@dataclass(frozen=True)
class Photo:
    """A PNG file."""

    png: bytes
    alt: str
    caption: str
    kind: ClassVar[str] = "photo"


@dataclass(frozen=True)
class Confusion:
    """How often images of each class, in rows, were predicted as each, in columns."""

    name: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def rows(self) -> list[tuple[str, list[tuple[int, float]]]]:
        """Each class with its counts and their shares of the row."""
        return [
            (name, [(count, count / max(1, sum(counts))) for count in counts])
            for name, counts in zip(self.classes, self.counts, strict=True)
        ]


@dataclass(frozen=True)
class Confusions:
    """Confusion matrices side by side."""

    matrices: tuple[Confusion, ...]
    kind: ClassVar[str] = "confusions"


Block = Paragraph | Table | Plot | Photo | Confusions


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: Sequence[Block]

    @property
    def anchor(self) -> str:
        """What a link to the section goes to."""
        return self.title.lower().replace(" ", "-")


def sentences(texts: Sequence[str]) -> list[Paragraph]:
    """A paragraph for each of `texts`."""
    return [Paragraph(text) for text in texts]
