"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Framework = Annotated[str, typer.Option(help="torch or keras.")]
Data = Annotated[str, typer.Option(help="synthetic, cifar10 (downloads) or a folder that holds CIFAR-10.")]
Model = Annotated[str, typer.Option(help="quick (116,906 weights) or guide (454,026).")]
Epochs = Annotated[int, typer.Option(help="Passes over the training images.")]
BatchSize = Annotated[int, typer.Option(help="Images per update.")]
Seed = Annotated[int, typer.Option(help="Keys weights, shuffles and cutout boxes.")]
Out = Annotated[Path | None, typer.Option(help="New folder for the results [default: lrcore-runs/NAME-TIME].")]
StartLr = Annotated[float, typer.Option(help="First learning rate of the sweep.")]
EndLr = Annotated[float, typer.Option(help="Last learning rate of the sweep.")]
NumIter = Annotated[int, typer.Option(help="Updates of the sweep.")]
