"""The models in PyTorch."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    import torch
except ImportError as error:
    raise ImportError("lrcore.cifar.models.torch_model needs PyTorch: pip install 'lrcore[torch]'") from error
from torch import nn

from lrcore.cifar.models.spec import AveragePool, Conv, Dense, Dropout, Flatten, Layer, MaxPool, ModelSpec, Relu
from lrcore.cifar.models.torch_batch_norm import BatchNorm
from lrcore.cifar.models.weights import Weights, check_weights


def build_torch_model(spec: ModelSpec, weights: Weights, dtype: torch.dtype = torch.float32) -> nn.Sequential:
    """Build a model with the given weights.

    It takes images as (N, 3, 32, 32) and gives logits (N, 10). Images in the memory format channels_last stay so
    through all layers, and are faster; the weights stay contiguous either way. No random number is drawn.

    Args:
        spec: The model.
        weights: As `initial_weights` gives them; they are copied.
        dtype: Of parameters, buffers and images.

    Raises:
        ValueError: When the names or shapes of the weights are not those of the model.

    Example:
        >>> from lrcore.cifar.models import QUICK, initial_weights
        >>> build_torch_model(QUICK, initial_weights(QUICK, seed=0))(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    with torch.device("meta"):
        layers = zip(spec.layer_names, spec.layers, strict=True)
        model = nn.Sequential(OrderedDict(pair for name, layer in layers for pair in _modules(name, layer)))
    model = model.to(dtype).to_empty(device="cpu")
    views = _canonical_views(model)
    check_weights({name: tuple(view.shape) for name, view in views.items()}, weights)
    for name, view in views.items():
        view.copy_(torch.tensor(weights[name]))
    return model


def torch_weights(model: nn.Sequential) -> dict[str, npt.NDArray[Any]]:
    """Copy the weights of a model into NumPy, with the names and the layout of `initial_weights`."""
    return {name: np.array(view.cpu().numpy(), order="C") for name, view in _canonical_views(model).items()}


def parameter_groups(model: nn.Sequential, spec: ModelSpec) -> list[dict[str, Any]]:
    """Split the parameters for an optimizer: the kernels with weight decay, then all others without.

    Returns:
        Two dicts with "params" and "weight_decay".
    """
    decayed = [model.get_parameter(f"{layer.name}.weight") for layer in spec.weighted_layers if layer.weight_decay]
    identities = {id(kernel) for kernel in decayed}
    others = [parameter for parameter in model.parameters() if id(parameter) not in identities]
    return [{"params": decayed, "weight_decay": spec.weight_decay}, {"params": others, "weight_decay": 0.0}]


class _FlattenNHWC(nn.Module):
    """Flattens (N, C, H, W) in the order H, W, C, as Keras does, so that a dense kernel means the same in both."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs.permute(0, 2, 3, 1).flatten(1)


def _modules(name: str, layer: Layer) -> Iterator[tuple[str, nn.Module]]:
    """The modules of one layer; the first has the layer's name."""
    match layer:
        case Conv(inputs=inputs, outputs=outputs, kernel_size=size):
            yield name, nn.Conv2d(inputs, outputs, size, padding="same")
        case Dense(inputs=inputs, outputs=outputs):
            yield name, nn.Linear(inputs, outputs)
        case MaxPool(size, stride):
            yield name, nn.MaxPool2d(size, stride)
        case AveragePool(size, stride):
            yield name, nn.AvgPool2d(size, stride)
        case Relu():
            yield name, nn.ReLU()
        case Dropout(rate):
            yield name, nn.Dropout(rate)
        case Flatten():
            yield name, _FlattenNHWC()
    if isinstance(layer, Conv | Dense) and layer.relu:
        yield f"{name}_relu", nn.ReLU()
    if isinstance(layer, Conv) and layer.batch_norm:
        yield f"{name}_batch_norm", BatchNorm(layer.outputs)


def _canonical_views(model: nn.Sequential) -> dict[str, torch.Tensor]:
    """Every parameter and buffer by its name in `initial_weights`, as a view in that layout: read and write through."""
    views: dict[str, torch.Tensor] = {}
    for name, module in model.named_children():
        prefix = name.removesuffix("_batch_norm")
        if isinstance(module, nn.Conv2d):
            views[f"{prefix}/kernel"] = module.weight.permute(2, 3, 1, 0)
        if isinstance(module, nn.Linear):
            views[f"{prefix}/kernel"] = module.weight.T
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            views[f"{prefix}/bias"] = module.bias
        if isinstance(module, BatchNorm):
            views[f"{prefix}/gamma"] = module.weight
            views[f"{prefix}/beta"] = module.bias
            views[f"{prefix}/moving_mean"] = module.running_mean
            views[f"{prefix}/moving_variance"] = module.running_var
    return {name: view.detach() for name, view in views.items()}
