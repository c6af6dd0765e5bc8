"""The command line."""

from __future__ import annotations

from typing import Any

import typer

from lrcore.cli._demo import demo
from lrcore.cli._find import find
from lrcore.cli._parity import parity
from lrcore.cli._runs import compare, convert, report
from lrcore.cli._schedule import schedule
from lrcore.cli._train import train

OPTIONS: dict[str, Any] = {"no_args_is_help": True, "add_completion": False, "pretty_exceptions_enable": False}

app = typer.Typer(help="One learning-rate engine for PyTorch and Keras.", **OPTIONS)
for command in (find, train, report, compare, parity, schedule, demo):
    app.command()(command)

cifar = typer.Typer(help="Weights of the CIFAR-10 models.", **OPTIONS)
cifar.callback()(lambda: None)  # else Typer leaves out the name of an only command
cifar.command()(convert)
app.add_typer(cifar, name="cifar")
