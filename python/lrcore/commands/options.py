"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Framework = Annotated[str, typer.Option(help="torch or keras.")]
Data = Annotated[str, typer.Option(help="synthetic, cifar10 (found or downloaded) or a folder that holds CIFAR-10.")]
Model = Annotated[str, typer.Option(help="quick (116,906 weights), guide (454,026) or resnet9 (6,573,120).")]
Epochs = Annotated[int, typer.Option(help="Passes over the training images.")]
BatchSize = Annotated[int, typer.Option(help="Images per update.")]
Seed = Annotated[int, typer.Option(help="Keys weights, shuffles, augmentation and dropout.")]
Out = Annotated[Path | None, typer.Option(help="New folder for the results; lrcore-runs/NAME-TIME if not given.")]
StartLr = Annotated[float, typer.Option(help="First learning rate of the sweep.")]
EndLr = Annotated[float, typer.Option(help="Last learning rate of the sweep.")]
NumIter = Annotated[int, typer.Option(help="Updates of the sweep.")]
