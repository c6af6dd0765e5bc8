"""Features and gradients of a layer of any Keras model, which stays unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

import numpy.typing as npt

try:
    import keras
except ImportError as error:
    raise ImportError("lrcore.cifar.cam.keras_features needs Keras: pip install 'lrcore[keras]'") from error

from lrcore.cifar.cam.features import (
    Array,
    FeatureGradients,
    LayerHook,
    Run,
    as_floats,
    checked_classes,
    checked_images,
    resolved_layer,
    spatial_resolutions,
)
from lrcore.keras._snapshot import RandomState, torch_modules

BACKENDS = ("tensorflow", "jax", "torch")


def feature_gradients(model: keras.Model, layer: str, images: Array, classes: npt.ArrayLike) -> FeatureGradients:
    """The features that `layer` gives in inference, and the gradient of a class score with respect to them.

    One backward pass serves the batch: image i has no part in the score of another. Variables, layers and the global
    random generators are afterwards what they were, also when the model raises.

    Args:
        model: A built Sequential, functional or other model that takes images (N, H, W, C) and gives logits
            (N, classes).
        layer: Name of a layer that runs once and gives a map (N, h, w, K). In a model within `model` it is
            "inner/conv2", or "conv2" where no other is called so.
        images: Standardised, floating-point, shape (N, H, W, C).
        classes: The class of each image whose score is explained.

    Raises:
        ValueError: When the model is not built, there is no such layer, a class does not exist or the model gives no
            logits.
        TypeError: When the images are not floating-point.
        NotImplementedError: When Keras' backend is none of tensorflow, jax, torch.

    Source: Selvaraju et al. 2017, "Grad-CAM", arXiv 1610.02391.

    Example:
        >>> import numpy as np
        >>> layers = [keras.Input((6, 6, 3)), keras.layers.Conv2D(4, 3, name="conv"), keras.layers.Flatten()]
        >>> model = keras.Sequential([*layers, keras.layers.Dense(10)])
        >>> feature_gradients(model, "conv", np.zeros((2, 6, 6, 3), np.float32), [0, 3]).gradients.shape
        (2, 4, 4, 4)
    """
    classes = checked_classes(classes, len(checked_images(images)))
    score_gradients = _score_gradients()
    with _preserve_state(model):
        full_name = resolved_layer(layer, _resolutions(model, images))
        arrays = score_gradients(_run(model, images), full_name, classes)
    features, gradients, logits = (as_floats(keras.ops.convert_to_numpy(array)) for array in arrays)
    return FeatureGradients(features, gradients, logits, layer)


def spatial_layers(model: keras.Model, images: Array) -> dict[str, tuple[int, int]]:
    """The layers that can be explained, with the height and width of their maps.

    Args:
        model: As in `feature_gradients`.
        images: As in `feature_gradients`; the first is used.
    """
    with _preserve_state(model):
        return _resolutions(model, checked_images(images))


def _resolutions(model: keras.Model, images: Array) -> dict[str, tuple[int, int]]:
    return spatial_resolutions(_run(model, images[:1]), dict(_layers(model)), axes=(1, 2))


def _score_gradients() -> Any:
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise NotImplementedError(f"Keras' backend must be one of {', '.join(BACKENDS)}, but is {backend}")
    return import_module(f"lrcore.cifar.cam._{backend}").score_gradients


@contextmanager
def _preserve_state(model: keras.Model) -> Iterator[None]:
    """Afterwards the random generators, and the torch modules that the torch backend has, are as they were."""
    if not model.built:
        raise ValueError("model must be built first, by an Input layer or model.build(input_shape)")
    random_state, modules = RandomState(), torch_modules(model)
    try:
        yield
    finally:
        if modules is not None:
            modules.restore()
        random_state.restore()


def _run(model: keras.Model, images: Array) -> Run:
    """The model on `images`, with whatever it assigns to variables thrown away."""
    layers = dict(_layers(model))

    def run(hooks: Mapping[str, LayerHook]) -> Any:
        with keras.StatelessScope(), ExitStack() as stack:
            for name, hook in hooks.items():
                stack.enter_context(_hooked(layers[name], hook))
            return model(images, training=False)

    return run


@contextmanager
def _hooked(layer: keras.layers.Layer, hook: LayerHook) -> Iterator[None]:
    """Let a layer pass what it gives through `hook`. Keras has no hooks; this leaves its graph and layers alone."""
    attributes, call = vars(layer), layer.call
    own = {"call": call} if "call" in attributes else {}
    attributes["call"] = lambda *args, **kwargs: hook(call(*args, **kwargs))
    try:
        yield
    finally:
        del attributes["call"]
        attributes.update(own)


def _layers(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.layers.Layer]]:
    for layer in model.layers:
        yield f"{prefix}{layer.name}", layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer, f"{prefix}{layer.name}/")
