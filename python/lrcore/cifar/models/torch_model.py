"""The CIFAR-10 models in PyTorch, and the layers that follow Keras' conventions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    import torch
except ImportError as error:
    raise ImportError("lrcore.cifar.models.torch_model needs PyTorch: pip install 'lrcore[torch]'") from error
from torch import nn
from torch.nn import functional

from lrcore.cifar.models import spec as layers
from lrcore.cifar.models.spec import LayerNode, ModelSpec
from lrcore.cifar.models.weights import Weights, check_arrays


class BatchNorm(nn.Module):
    r"""`torch.nn.BatchNorm2d`, but with the moving variance and the momentum of Keras.

    Both normalise a training batch with its biased variance. For the moving average PyTorch takes the unbiased one,
    `n / (n - 1)` times as large, and Keras the biased one, as here:

        running_mean = momentum * running_mean + (1 - momentum) * mean(x)
        running_var = momentum * running_var + (1 - momentum) * mean((x - mean(x))**2)

    Args:
        channels: Size of the second axis of the inputs (N, C, H, W).
        momentum: The part of the moving averages that is kept: 1 minus PyTorch's momentum.
        epsilon: Added to the variance.
    """

    running_mean: torch.Tensor
    running_var: torch.Tensor

    def __init__(self, channels: int, momentum: float, epsilon: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Normalise with the batch's statistics in training, with the moving ones otherwise."""
        if not self.training:
            return self._normalise(inputs, self.running_mean, self.running_var)
        # With momentum 1 PyTorch leaves the batch's own statistics here, so they need not be computed twice.
        mean, unbiased_variance = torch.zeros_like(self.running_mean), torch.zeros_like(self.running_var)
        outputs = self._normalise(inputs, mean, unbiased_variance)
        count = inputs.numel() // inputs.shape[1]
        self.running_mean.lerp_(mean, 1 - self.momentum)
        self.running_var.lerp_(unbiased_variance * ((count - 1) / count), 1 - self.momentum)
        return outputs

    def _normalise(self, inputs: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
        return functional.batch_norm(
            inputs, mean, variance, self.weight, self.bias, self.training, momentum=1.0, eps=self.epsilon
        )


class FlattenNHWC(nn.Module):
    """Flattens (N, C, H, W) in the order H, W, C, as Keras does, so that a dense kernel means the same in both."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Images as rows of features."""
        return inputs.permute(0, 2, 3, 1).flatten(1)


class Scale(nn.Module):
    """`factor * inputs`."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The inputs times the factor."""
        return inputs * self.factor


class Residual(nn.Sequential):
    """`inputs + layers(inputs)`."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The inputs plus what the layers make of them."""
        outputs = inputs
        for layer in self:
            outputs = layer(outputs)
        return inputs + outputs


CANONICAL_NAMES = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
CANONICAL_AXES = {1: (0,), 2: (1, 0), 4: (2, 3, 1, 0)}  # of a dense kernel (O, I) and of a convolution's (O, I, H, W)


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
        model = nn.Sequential(_modules(spec.nodes))
    model = model.to(dtype).to_empty(device="cpu")
    assign_torch_weights(model, weights)
    return model


def torch_layer(model: nn.Module, name: str) -> nn.Module:
    """The module of the layer `name` of the model's spec, wherever it is nested, for a hook on its output.

    Raises:
        ValueError: When the model has no such layer.
    """
    modules = _layers(model)
    if name not in modules:
        raise ValueError(f"name must be one of {', '.join(modules)}, but got {name!r}")
    return modules[name]


def torch_tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """Every parameter and buffer by its name in `initial_weights`, in PyTorch's layout."""
    tensors: dict[str, torch.Tensor] = {}
    for layer, module in _layers(model).items():
        names = CANONICAL_NAMES if isinstance(module, BatchNorm) else {"weight": "kernel", "bias": "bias"}
        own = {**dict(module.named_parameters(recurse=False)), **dict(module.named_buffers(recurse=False))}
        tensors |= {f"{layer}/{names[name]}": tensor for name, tensor in own.items()}
    return tensors


def canonical_view(tensor: torch.Tensor) -> torch.Tensor:
    """A view of a parameter, or of a tensor of its shape, in the layout of `initial_weights`: read and write through.

    A convolution's kernel (O, I, H, W) is seen as (H, W, I, O), a dense one (O, I) as (I, O), all others as they are.
    """
    return tensor.detach().permute(CANONICAL_AXES[tensor.dim()])


def torch_views(model: nn.Module) -> dict[str, torch.Tensor]:
    """Every parameter and buffer by its name in `initial_weights`, as a `canonical_view`."""
    return {name: canonical_view(tensor) for name, tensor in torch_tensors(model).items()}


def torch_weights(model: nn.Module) -> dict[str, npt.NDArray[Any]]:
    """Copy the weights of a model into NumPy, with the names and the layout of `initial_weights`."""
    return {name: numpy_copy(view) for name, view in torch_views(model).items()}


def assign_torch_weights(model: nn.Module, weights: Weights) -> None:
    """Copy weights, as `torch_weights` gives them, into a model, whose tensors stay the same objects.

    Raises:
        ValueError: When the names or shapes are not those of the model; nothing is changed then.
    """
    views = torch_views(model)
    check_arrays("weights", weights, {name: tuple(view.shape) for name, view in views.items()})
    for name, view in views.items():
        view.copy_(torch.tensor(weights[name]))


def numpy_copy(view: torch.Tensor) -> npt.NDArray[Any]:
    """A copy that shares no memory with the tensor, in the order of its axes."""
    return np.array(view.cpu().numpy(), order="C")


def parameter_groups(model: nn.Module, spec: ModelSpec) -> list[dict[str, Any]]:
    """Split the parameters for an optimizer: the kernels with weight decay, then all others without.

    Returns:
        Two dicts with "params" and "weight_decay".
    """
    tensors = torch_tensors(model)
    decayed = [tensors[f"{layer.name}/kernel"] for layer in spec.kernel_layers if layer.weight_decay]
    identities = {id(kernel) for kernel in decayed}
    others = [parameter for parameter in model.parameters() if id(parameter) not in identities]
    return [{"params": decayed, "weight_decay": spec.weight_decay}, {"params": others, "weight_decay": 0.0}]


def _modules(nodes: Iterable[LayerNode]) -> OrderedDict[str, nn.Module]:
    return OrderedDict((node.name, _module(node)) for node in nodes)


def _module(node: LayerNode) -> nn.Module:
    match node.layer:
        case layers.Conv(inputs=inputs, outputs=outputs, kernel_size=size, bias=bias):
            return nn.Conv2d(inputs, outputs, size, padding="same", bias=bias)
        case layers.Dense(inputs=inputs, outputs=outputs, bias=bias):
            return nn.Linear(inputs, outputs, bias=bias)
        case layers.BatchNorm(channels=channels, momentum=momentum, epsilon=epsilon):
            return BatchNorm(channels, momentum, epsilon)
        case layers.MaxPool(size, stride):
            return nn.MaxPool2d(size, stride)
        case layers.AveragePool(size, stride):
            return nn.AvgPool2d(size, stride)
        case layers.Relu():
            return nn.ReLU()
        case layers.Dropout(rate):
            return nn.Dropout(rate)
        case layers.Flatten():
            return FlattenNHWC()
        case layers.Scale(factor):
            return Scale(factor)
        case layers.Residual():
            return Residual(_modules(node.inner))


def _layers(model: nn.Module) -> dict[str, nn.Module]:
    """Every module by the last part of its path, which is the name of its layer."""
    return {path.rpartition(".")[2]: module for path, module in model.named_modules() if path}
