"""The page around the sections."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import lrcore
from lrcore.cifar.report.recorded_run import RecordedRun
from lrcore.cifar.report.sections import sections

MARK = b'<!DOCTYPE html>\n<html lang="en" data-made-by="lrcore-report">'  # how a report of ours is known again


def render(runs: Sequence[RecordedRun]) -> str:
    """The HTML page about `runs`."""
    environment = Environment(
        loader=PackageLoader("lrcore.cifar.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"base64": lambda content: base64.b64encode(content).decode(), "svg": Markup}
    names = [run.name for run in runs]
    page = environment.get_template("page.html.jinja")
    return page.render(names=names, sections=sections(runs), version=lrcore.__version__)
