"""Conversion of a weight file from one framework to another."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from lrcore._files import write_atomically
from lrcore.cifar._quiet import suppress_stderr
from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.models.weights import Weights
from lrcore.cifar.models.zoo import MODELS

# The module that reads and writes a kind of file, and the extra that brings what it imports.
KINDS = {
    ".safetensors": ("safetensors_file", "cifar"),
    ".pt": ("torch_file", "torch"),
    ".keras": ("keras_file", "keras"),
    ".weights.h5": ("keras_file", "keras"),
}


class WeightFile(Protocol):
    """A kind of file: a module of `lrcore.cifar.models.weight_files`."""

    def stored_model(self, path: Path) -> str | None:
        """The name of the model, where the file has one."""

    def read(self, path: Path, spec: ModelSpec) -> dict[str, npt.NDArray[Any]]:
        """The weights in a file."""

    def write(self, path: Path, spec: ModelSpec, weights: Weights) -> None:
        """Write weights into a new file."""


def convert(source: Path, target: Path, model: str | None = None) -> None:
    """Read the weights of a CIFAR model from one file and write them, bit for bit the same, into another.

    The suffix says what a file is: .safetensors (names and layout of `initial_weights`; also a checkpoint of a
    training run), .pt (state_dict of our model in PyTorch), .keras or .weights.h5 (our model in Keras, or its weights).
    No code from a file is run, and a framework is imported only for its own files.

    Args:
        source: An existing file.
        target: A new file, which appears whole or not at all.
        model: Name in `MODELS`; needed where the source does not say of which model its weights are.

    Raises:
        ValueError: When a suffix is none of these, the target exists, the model is unknown, or the source is damaged
            or holds something else.
        OSError: When the source cannot be read or the target not written.
    """
    reader, writer = _kind("source", source), _kind("target", target)
    if target.exists():
        raise ValueError(f"target {target} already exists: choose another")
    _check_readable(source)
    spec = MODELS[_model_name(source, reader.stored_model(source), model)]
    weights = reader.read(source, spec)
    with tempfile.TemporaryDirectory() as folder:
        # Keras writes to a path alone, of the right suffix.
        written = Path(folder) / target.name
        writer.write(written, spec, weights)
        _save(target, written.read_bytes())


def _kind(argument: str, path: Path) -> WeightFile:
    for suffix, (module, extra) in KINDS.items():
        if path.name.endswith(suffix):
            return _imported(module, suffix, extra)
    raise ValueError(f"{argument} must end in {', '.join(KINDS)}, but got {path}")


def _imported(module: str, suffix: str, extra: str) -> WeightFile:
    try:
        with suppress_stderr():
            found: Any = import_module(f"lrcore.cifar.models.weight_files.{module}")
    except ImportError as error:
        raise ImportError(f"a {suffix} file needs a library ({error}): pip install 'lrcore[{extra}]'") from error
    kind: WeightFile = found
    return kind


def _model_name(source: Path, stored: str | None, given: str | None) -> str:
    known = ", ".join(MODELS)
    if given is not None and given not in MODELS:
        raise ValueError(f"model must be one of {known}, but got {given!r}")
    if stored is not None and stored not in MODELS:
        raise ValueError(f"{source} holds the model {stored!r}, which is none of {known}")
    if stored is not None and given is not None and stored != given:
        raise ValueError(f"{source} holds the model {stored!r}, but model is {given!r}")
    name = given or stored
    if name is None:
        raise ValueError(f"{source} does not say of which model its weights are: model must be one of {known}")
    return name


def _check_readable(source: Path) -> None:
    try:
        source.open("rb").close()
    except OSError as error:
        raise type(error)(f"{source} cannot be read: {error.strerror}") from error


def _save(target: Path, content: bytes) -> None:
    try:
        write_atomically(target, content)
    except OSError as error:
        raise type(error)(f"{target} cannot be written: {error.strerror}") from error
