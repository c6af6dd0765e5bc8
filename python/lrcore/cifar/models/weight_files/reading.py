"""Checks and errors that the readers of all weight files share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.models.weights import weight_shapes

DTYPES = ("float32", "float64")


@contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """Let every error of a block that parses `path` end in one sentence; each library has many kinds of them.

    Raises:
        ValueError: When the block fails.
    """
    try:
        yield
    except Exception as error:
        raise ValueError(f"{path} is damaged, or is not {kind}") from error


def one_dtype(path: Path, dtypes: Iterable[str]) -> str:
    """The one dtype of all weights of a file.

    Raises:
        ValueError: When there are several, or it is another than float32 or float64.
    """
    found = sorted(set(dtypes))
    if len(found) != 1 or found[0] not in DTYPES:
        raise ValueError(f"{path} must hold weights that are all float32 or all float64, but holds {', '.join(found)}")
    return found[0]


def placeholder_weights(spec: ModelSpec) -> dict[str, npt.NDArray[Any]]:
    """Weights to build a model from that is then filled from a file."""
    return {name: np.zeros(shape) for name, shape in weight_shapes(spec).items()}
