"""Weights in safetensors files, with the names and the layout of `initial_weights`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.models.weight_files.reading import one_dtype, reading
from lrcore.cifar.models.weights import Weights, check_arrays, weight_shapes

KIND = "a safetensors file"
FORMAT = "lrcore-weights"
CHECKPOINT_PREFIX = "weights/"


def stored_model(path: Path) -> str | None:
    """The name of the model, where the file has one."""
    with reading(path, KIND), safe_open(path, framework="numpy") as file:
        return (file.metadata() or {}).get("model")


def read(path: Path, spec: ModelSpec) -> dict[str, npt.NDArray[Any]]:
    """The weights in a file, also in a checkpoint of a trainer, which has "weights/NAME" and "momentum/NAME".

    Raises:
        ValueError: When the file is damaged or does not hold weights of `spec`.
    """
    with reading(path, KIND):
        arrays = load_file(path)
    of_checkpoint = {name: array for name, array in arrays.items() if name.startswith(CHECKPOINT_PREFIX)}
    weights = {name.removeprefix(CHECKPOINT_PREFIX): array for name, array in (of_checkpoint or arrays).items()}
    shapes = weight_shapes(spec)
    check_arrays(f"the weights in {path}", weights, shapes)
    one_dtype(path, (array.dtype.name for array in weights.values()))
    return {name: weights[name] for name in shapes}


def write(path: Path, spec: ModelSpec, weights: Weights) -> None:
    """Write weights with the name of their model."""
    save_file(dict(weights), path, metadata={"format": FORMAT, "model": spec.name})
