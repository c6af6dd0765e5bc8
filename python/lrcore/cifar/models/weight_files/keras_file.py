"""Weights in Keras' files: a whole model (.keras) or its weights alone (.weights.h5)."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy.typing as npt

from lrcore.cifar.models.keras_model import build_keras_model, keras_weights
from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.models.weight_files.reading import one_dtype, placeholder_weights, reading
from lrcore.cifar.models.weights import Weights

KIND = "a Keras file"


def stored_model(path: Path) -> str | None:
    """The name of the model, which Keras writes beside the weights."""
    with reading(path, KIND), _open(path) as file:
        name = file["vars"].attrs.get("name")
        return None if name is None else str(name)


def read(path: Path, spec: ModelSpec) -> dict[str, npt.NDArray[Any]]:
    """The weights in a file; of a .keras file too they alone are read, and no layer is made from its description.

    Raises:
        ValueError: When the file is damaged or does not hold weights of `spec`.
    """
    with reading(path, KIND), _open(path) as file:
        stored = _float_arrays(file)
        count, dtypes = sum(array.size for array in stored), [array.dtype.name for array in stored]
    placeholder = placeholder_weights(spec)
    model = build_keras_model(spec, placeholder, one_dtype(path, dtypes))
    try:
        # Keras does not mind arrays that the model has no place for.
        if count != sum(array.size for array in placeholder.values()):
            raise ValueError(f"{count} numbers are too many or too few")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.load_weights(path)
    except Exception as error:
        raise ValueError(f"{path} does not hold the weights of the model {spec.name}") from error
    return keras_weights(model)


def write(path: Path, spec: ModelSpec, weights: Weights) -> None:
    """Write a whole model or its weights alone, as the suffix of `path` says."""
    model = build_keras_model(spec, weights, next(iter(weights.values())).dtype.name)
    if path.suffix == ".keras":
        model.save(path)
    else:
        model.save_weights(path)


def _open(path: Path) -> h5py.File:
    if path.suffix != ".keras":
        return h5py.File(path, "r")
    with zipfile.ZipFile(path) as archive:
        return h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")


def _float_arrays(file: h5py.File) -> list[h5py.Dataset]:
    """The arrays of the layers, of which those of a seed are integers."""
    found: list[h5py.Dataset] = []
    file["layers"].visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    return [array for array in found if array.dtype.kind == "f"]
