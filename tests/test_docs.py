"""Examples, tables and gallery of the schedules page."""

from __future__ import annotations

import doctest
import importlib.util
import re
from pathlib import Path
from types import ModuleType

from matplotlib.figure import Figure

from lrcore.schedules._registry import SCHEDULES

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "schedules.md"


def gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("schedules_figure", DOCS / "schedules_figure.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_docs_examples_print_the_shown_output() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_table_of_lengths_has_every_class() -> None:
    table = PAGE.read_text().split("## How long each lasts")[1]
    assert {kind.__name__ for kind in SCHEDULES} <= {*re.findall(r"`(\w+)`", table)}


def test_the_gallery_shows_every_class() -> None:
    figure = gallery()
    panels = figure.FAMILIES | figure.COMBINATORS
    assert {type(schedule) for schedule in panels.values()} == {*SCHEDULES}
    assert all(name.split("\n")[0] == type(schedule).__name__ for name, schedule in panels.items())
    drawn = figure.draw(Figure(), "", figure.COMBINATORS)
    assert [ax.get_title() for ax in drawn] == [*figure.COMBINATORS]
