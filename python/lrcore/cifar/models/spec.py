"""Models as data: layers in order, from which each framework builds the same network."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from lrcore.cifar.models.layers import BatchNorm, Conv, Dense, Dropout, KernelLayer, Layer, Residual

IMAGE_SHAPE = (32, 32, 3)


class LayerNode(NamedTuple):
    """A layer by name, with the layers inside it, which only a Residual has."""

    name: str
    layer: Layer
    inner: tuple[LayerNode, ...]


@dataclass(frozen=True)
class ModelSpec:
    """A model from images (32, 32, 3) to logits; the softmax belongs to the loss.

    A layer's name is its own, or its kind and how many of that kind there were, also inside other layers. It is the
    same in every framework.

    Args:
        name: What the model is called on the command line.
        layers: The layers in order.
        weight_decay: Coupled: `g += weight_decay * p`, for the kernels of layers that ask for it. It equals a
            penalty of `weight_decay / 2 * sum(p**2)` in the loss.

    Raises:
        ValueError: When two layers share a name or the weight decay is not a number from 0 up.

    Example:
        >>> from lrcore.cifar.models import Dense, Flatten
        >>> ModelSpec("linear", (Flatten(), Dense("logits", 3072, 10)), weight_decay=0.0).layer_names
        ('flatten1', 'logits')
    """

    name: str
    layers: tuple[Layer, ...]
    weight_decay: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight_decay) and self.weight_decay >= 0):
            raise ValueError(f"weight_decay must be finite and not negative, but got {self.weight_decay}")
        for name, count in Counter(self.layer_names).items():
            if count > 1:
                raise ValueError(f"layers must have different names, but {count} are called {name!r}")

    @property
    def nodes(self) -> tuple[LayerNode, ...]:
        """The layers in order, each with its name and with the layers inside it."""
        return _nodes(self.layers, Counter())

    @property
    def named_layers(self) -> dict[str, Layer]:
        """Every layer by name, in the order in which they are done: a Residual comes after the layers inside it."""
        return dict(_walk(self.nodes))

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The names of all layers, in the order in which they are done."""
        return tuple(name for name, _ in _walk(self.nodes))

    @property
    def kernel_layers(self) -> tuple[KernelLayer, ...]:
        """The layers that have a kernel, in order."""
        return tuple(layer for layer in self.named_layers.values() if isinstance(layer, Conv | Dense))

    def map_layers(self, change: Callable[[Layer], Layer | None]) -> ModelSpec:
        """The model with every layer changed; those inside a Residual first, and one that becomes None is left out."""
        return replace(self, layers=_mapped(self.layers, change))

    @property
    def has_batch_norm(self) -> bool:
        """Whether a layer keeps moving statistics."""
        return any(isinstance(layer, BatchNorm) for layer in self.named_layers.values())

    def without_dropout(self) -> ModelSpec:
        """The same model, with the same weights, whose training has no randomness."""
        return self.map_layers(lambda layer: None if isinstance(layer, Dropout) else layer)


def _nodes(layers: Iterable[Layer], seen: Counter[str]) -> tuple[LayerNode, ...]:
    return tuple(LayerNode(_name(layer, seen), layer, _nodes(_inner(layer), seen)) for layer in layers)


def _name(layer: Layer, seen: Counter[str]) -> str:
    kind = type(layer).__name__.lower()
    seen[kind] += 1
    return layer.name if isinstance(layer, Conv | Dense | BatchNorm) else f"{kind}{seen[kind]}"


def _walk(nodes: Iterable[LayerNode]) -> Iterator[tuple[str, Layer]]:
    for name, layer, inner in nodes:
        yield from _walk(inner)
        yield name, layer


def _mapped(layers: Iterable[Layer], change: Callable[[Layer], Layer | None]) -> tuple[Layer, ...]:
    mapped = []
    for layer in layers:
        if isinstance(layer, Residual):
            layer = Residual(_mapped(layer.layers, change))
        mapped.append(change(layer))
    return tuple(layer for layer in mapped if layer is not None)


def _inner(layer: Layer) -> tuple[Layer, ...]:
    return layer.layers if isinstance(layer, Residual) else ()
