"""Features and gradients of a layer of any PyTorch model, which stays unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy.typing as npt

try:
    import torch
except ImportError as error:
    raise ImportError("lrcore.cifar.cam.torch_features needs PyTorch: pip install 'lrcore[torch]'") from error
from torch import nn
from torch.func import functional_call

from lrcore.cifar.cam._torch import score_gradients
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
from lrcore.torch._snapshot import RandomState, preserve_training_modes


def feature_gradients(model: nn.Module, layer: str, images: Array, classes: npt.ArrayLike) -> FeatureGradients:
    """The features that `layer` gives in evaluation mode, and the gradient of a class score with respect to them.

    One backward pass serves the batch: image i has no part in the score of another. Training flags, parameters and
    their gradients, buffers, hooks and the global random generators are afterwards what they were, also when the model
    raises. The model may be frozen, on any device, and of any floating-point type, to which the images are cast.

    Args:
        model: Takes images (N, C, H, W) and gives logits (N, classes).
        layer: Name of a submodule that runs once and gives a map (N, K, h, w): "block1.conv2", or "conv2" where no
            other is called so.
        images: Standardised, floating-point, shape (N, H, W, C).
        classes: The class of each image whose score is explained.

    Raises:
        ValueError: When there is no such layer, a class does not exist or the model gives no logits.
        TypeError: When the images are not floating-point.

    Source: Selvaraju et al. 2017, "Grad-CAM", arXiv 1610.02391.

    Example:
        >>> import numpy as np
        >>> model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        >>> feature_gradients(model, "1", np.zeros((2, 6, 6, 3)), [0, 3]).gradients.shape
        (2, 4, 4, 4)
    """
    classes = checked_classes(classes, len(checked_images(images)))
    with _preserve_state(model):
        full_name = resolved_layer(layer, _resolutions(model, images))
        features, gradients, logits = score_gradients(_run(model, images), full_name, classes)
    return FeatureGradients(_nhwc(features), _nhwc(gradients), _floats(logits), layer)


def spatial_layers(model: nn.Module, images: Array) -> dict[str, tuple[int, int]]:
    """The layers that can be explained, with the height and width of their maps.

    Args:
        model: As in `feature_gradients`.
        images: As in `feature_gradients`; the first is used.
    """
    with _preserve_state(model):
        return _resolutions(model, checked_images(images))


def _resolutions(model: nn.Module, images: Array) -> dict[str, tuple[int, int]]:
    names = [name for name, _ in model.named_modules() if name]
    with torch.no_grad():
        return spatial_resolutions(_run(model, images[:1]), names, axes=(2, 3))


@contextmanager
def _preserve_state(model: nn.Module) -> Iterator[None]:
    """Evaluation mode; afterwards the modes and the random generators of before."""
    random_state = RandomState(())
    try:
        with preserve_training_modes([model]):
            model.eval()
            yield
    finally:
        random_state.restore()


def _run(model: nn.Module, images: Array) -> Run:
    """The model on `images`, with copies of its parameters and buffers, so that its own cannot change."""
    modules = dict(model.named_modules())
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    dtype_and_device = next((t for t in tensors.values() if t.is_floating_point()), torch.empty(0))

    def run(hooks: Mapping[str, LayerHook]) -> Any:
        inputs = torch.from_numpy(images.copy()).permute(0, 3, 1, 2).to(dtype_and_device)
        copies = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        with ExitStack() as handles:
            for name, hook in hooks.items():
                handles.callback(modules[name].register_forward_hook(_forward_hook(hook)).remove)
            return functional_call(model, copies, (inputs,))

    return run


def _forward_hook(hook: LayerHook) -> Any:
    return lambda module, inputs, output: hook(output)


def _nhwc(maps: torch.Tensor) -> Array:
    return _floats(maps.permute(0, 2, 3, 1))


def _floats(tensor: torch.Tensor) -> Array:
    return as_floats((tensor if tensor.dtype == torch.float64 else tensor.float()).cpu().numpy())
