"""The layers that PyTorch has not got, or has with another meaning than Keras."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


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
