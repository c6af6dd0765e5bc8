"""Blocks of a report page; the template knows how to show each kind."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from lrcore._axes import DPI, decorate, limit_to_descent, overlay_style
from lrcore.range_test import RangeTestResult
from lrcore.smoothing import smooth, smooth_centred
from lrcore.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    """Table of the confusion matrix: actual classes in rows, predicted classes in columns."""

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
        """Anchor of the section, for links to it."""
        return self.title.lower().replace(" ", "-")


def sentences(texts: Sequence[str]) -> list[Paragraph]:
    """A paragraph for each of `texts`."""
    return [Paragraph(text) for text in texts]


NOTHING = "\N{EN DASH}"
SPACE = "\N{NO-BREAK SPACE}"  # a number and its unit stay together


def plain(value: Any) -> str:
    """Strings as they are, everything else as JSON."""
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def number(value: Any) -> float | None:
    """A float, also of the strings "nan" and "inf" that stand for those in JSON; None if `value` is no number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def percent(value: Any) -> str:
    """A share as 71.46 %."""
    share = number(value)
    return NOTHING if share is None else f"{100 * share:.2f}{SPACE}%"


def decimal(value: Any) -> str:
    """A number to four digits."""
    real = number(value)
    return NOTHING if real is None else f"{real:.4g}"


def whole(value: Any) -> str:
    """A count as 39,100."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else NOTHING


def duration(value: Any) -> str:
    """Seconds as 5.2 s, 3 min 5 s or 2 h 3 min."""
    seconds = number(value)
    if seconds is None or not 0 <= seconds < 1e9:
        return NOTHING
    if seconds < 59.95:
        return f"{seconds:.1f}{SPACE}s"
    minutes, rest = divmod(round(seconds), 60)
    parts = (minutes, "min", rest, "s") if minutes < 60 else (minutes // 60, "h", minutes % 60, "min")
    return SPACE.join(map(str, parts))


WINDOWS = 50  # of the moving average, in the longest run
DRAWN = 1e30  # no axis reaches much further
LOGARITHMIC = 1000.0  # ratio of the largest loss to the smallest


def plot_losses(traces: Mapping[str, Trace], ax: Axes) -> None:
    """Draw the loss of every update: raw faint, its exponential moving average bold.

    The average spans a fiftieth of the longest run, so that its lag is not seen. A loss that is not finite or
    beyond 1e30 leaves a gap. The axis is logarithmic when the losses span three decades.
    """
    beta = 1 - 1 / max(2.0, max(map(len, traces.values())) / WINDOWS)
    for index, (name, trace) in enumerate(traces.items()):
        drawn = np.abs(trace.loss) < DRAWN
        ax.plot(trace.step, np.where(drawn, trace.loss, np.nan), color=f"C{index}", alpha=0.25, linewidth=0.8)
        ax.plot(trace.step[drawn], smooth(trace.loss[drawn], beta), label=name, **overlay_style(index))
    ax.set(xlabel="update", ylabel="loss", yscale=_scale(traces))
    decorate(ax)


def _scale(traces: Mapping[str, Trace]) -> str:
    losses = np.concatenate([trace.loss[np.abs(trace.loss) < DRAWN] for trace in traces.values()])
    wide = losses.size > 0 and 0 < losses.min() * LOGARITHMIC < losses.max()
    return "log" if wide else "linear"


def plot_range_tests(results: Mapping[str, RangeTestResult], ax: Axes) -> None:
    """Draw the losses of several range tests: a dot for the static learning rate, lines for the bounds of the cycle."""
    limits = []
    for index, (name, result) in enumerate(results.items()):
        _draw_range_test(ax, result, name, index)
        limit_to_descent(ax, result.losses)
        limits.append(ax.get_ylim())
    ax.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    ax.set(xscale="log", xlabel="learning rate", ylabel="loss")
    decorate(ax)


def _draw_range_test(ax: Axes, result: RangeTestResult, name: str, index: int) -> None:
    style = overlay_style(index)
    finite = np.isfinite(result.losses)
    lrs, losses = result.lrs[finite], result.losses[finite]
    smoothed = smooth_centred(losses)
    ax.plot(lrs, losses, ".", color=style["color"], alpha=0.3, markersize=4)
    ax.plot(lrs, smoothed, label=name, **style)
    found = result.suggestion()
    for bound in (found.base_lr, found.max_lr):
        if bound is not None:
            ax.axvline(bound, **{**style, "linewidth": style["linewidth"] / 2})
    if found.lr is not None:
        loss = np.interp(np.log(found.lr), np.log(lrs), smoothed)
        ax.plot(found.lr, loss, "o", color=style["color"], markersize=max(11 - 4 * index, 3))


WIDTH = 6.4  # inches; on a telephone the page is as wide, and text must not become too small
LONG = 2000  # points; a longer line would be larger as paths than as pixels
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
TAG = re.compile("<[^>]*>")
ID = re.compile(r'(\bid="|href="#|url\(#)')


def inline_svg(figure: Figure, prefix: str) -> str:
    """The `svg` element of `figure`; the same bytes for the same figure.

    Args:
        figure: Its lines of very many points become pixels.
        prefix: Begins every id, which must be unique within the page.
    """
    _rasterise_long_lines(figure)
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": prefix}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the browser has the font, not matplotlib
        figure.savefig(buffer, format="svg", dpi=DPI, bbox_inches="tight", metadata=NO_METADATA)  # room for long names
    svg = buffer.getvalue()
    return TAG.sub(lambda tag: ID.sub(rf"\g<1>{prefix}-", tag[0]), svg[svg.index("<svg") :])


def label(name: str) -> str:
    """`name` as matplotlib shows it unchanged: dollars are no formula, and it is in the legend."""
    escaped = name.replace("$", r"\$")
    return f" {escaped}" if escaped.startswith("_") else escaped


def _rasterise_long_lines(figure: Figure) -> None:
    for axes in figure.axes:
        for line in axes.lines:
            line.set_rasterized(np.size(line.get_xdata()) > LONG)
