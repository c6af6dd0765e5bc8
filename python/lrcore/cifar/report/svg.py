"""A matplotlib figure as SVG that stands inside an HTML page."""

from __future__ import annotations

import io
import re
import warnings

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from lrcore.cifar.figures import DPI

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
