"""A page refers to nothing outside itself, and whatever stands in a run folder is shown and never run."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lrcore.cifar.report.blocks import LONG, inline_svg

REFERRING = ("src", "href", "xlink:href", "srcset", "data", "action", "poster", "background", "cite", "formaction")
FOREIGN = {"script", "link", "iframe", "object", "embed", "base", "form", "foreignobject", "video", "audio"}


def assert_self_contained(page: Any) -> None:
    assert not {tag for tag, _ in page.elements} & FOREIGN
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        for name in REFERRING:
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,"))
    assert "@import" not in page.source
    assert "@font-face" not in page.source
    assert all(target.startswith("#") for target in re.findall(r"url\((.*?)\)", page.source))


def test_a_page_refers_to_nothing_outside_itself(both: Any) -> None:
    assert_self_contained(both)
    policies = [attributes["content"] for _, attributes in both.elements if "http-equiv" in attributes]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_every_link_has_its_place_and_no_place_is_there_twice(both: Any) -> None:
    places = [attributes["id"] for _, attributes in both.elements if "id" in attributes]
    links = [attributes.get("href") or attributes.get("xlink:href") or "" for _, attributes in both.elements]
    targets = [link[1:] for link in links if link.startswith("#")] + re.findall(r"url\(#(.*?)\)", both.source)
    assert len(places) == len(set(places))
    assert set(targets) <= set(places)
    assert len(targets) > 50


def test_headings_and_figures_can_be_read_aloud(both: Any) -> None:
    tags = [tag for tag, _ in both.elements]
    assert (tags.count("h1"), tags.count("main"), tags.count("nav")) == (1, 1, 1)
    assert tags.count("h2") == tags.count("section") == 12
    figures = [attributes["aria-label"] for _, attributes in both.elements if attributes.get("role") == "img"]
    assert len(figures) == tags.count("svg") == 6
    assert all(figures)


def test_whatever_a_run_folder_holds_is_shown_and_never_run(
    runs: dict[str, Path], read_page: Callable[..., Any]
) -> None:
    name = "<script>alert('run')<\\script>&\"_$x^{$"
    run = shutil.move(runs["keras"], runs["keras"].with_name(name))
    config = json.loads((run / "config.json").read_text())
    config["settings"]["schedule"] = {"schedule": "<script>alert('schedule')</script>"}
    config["settings"]["</th><script>alert('key')</script>"] = "<img src=x onerror=alert(1)>"
    (run / "config.json").write_text(json.dumps(config))
    (run / "log.jsonl").write_text('{"event": "warning", "message": "<script>alert(\'event\')</script>"}\n')
    result = json.loads((run / "result.json").read_text())
    result["classes"][0] = "<script>alert('class')</script>"
    (run / "result.json").write_text(json.dumps(result))
    page = read_page(runs["torch"], run)
    assert_self_contained(page)
    for section in ("learning-rate", "loss", "accuracy-by-epoch"):
        assert page.text(section).count(name) >= 2  # in the text and in the figure, dollars and all
    for section, part in (("results", "schedule"), ("settings", "key"), ("events", "event"), ("classes", "class")):
        assert f"<script>alert('{part}')</script>" in page.text(section)


def test_runs_may_have_any_name_and_equal_ones_show_folders(
    trained: dict[str, Path], tmp_path: Path, read_page: Callable[..., Any]
) -> None:
    names = ["_unreadable", "$", "学習", "a\nb", "\udcff", "first/run", "second/run"]
    for name in names:
        (tmp_path / name).mkdir(parents=True)
        for file in ("config.json", "trace.csv"):
            shutil.copy(trained["torch"] / file, tmp_path / name)
    page = read_page(*(tmp_path / name for name in names))
    shown = ["_unreadable", "$", "学習", "a b", "\N{REPLACEMENT CHARACTER}", "first/run", "second/run"]
    for name in shown:
        assert page.text("loss").count(name) >= 2  # in a sentence and in the legend


def test_a_line_of_very_many_points_becomes_pixels() -> None:
    pictures = {}
    for points in (LONG, LONG + 1):
        figure = Figure()
        figure.subplots().plot(np.random.default_rng(0).random(points))
        pictures[points] = inline_svg(figure, "figure").count("<image")
    assert pictures == {LONG: 0, LONG + 1: 1}
