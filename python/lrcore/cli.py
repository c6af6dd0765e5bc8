"""The command line: a list of commands."""

from __future__ import annotations

import typer

from lrcore.commands.compare import compare
from lrcore.commands.demo import demo
from lrcore.commands.find import find
from lrcore.commands.schedule import schedule
from lrcore.commands.train import train

app = typer.Typer(
    help="One learning-rate engine for PyTorch and Keras.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (find, train, compare, schedule, demo):
    app.command()(command)
