"""The models that can be trained, by name."""

from __future__ import annotations

from types import MappingProxyType

from lrcore.cifar.models.spec import (
    AveragePool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool,
    ModelSpec,
    Relu,
    Residual,
    Scale,
)


def _regularised(number: int, inputs: int, outputs: int) -> tuple[Layer, ...]:
    """A starred convolution of the guide."""
    conv = Conv(f"conv{number}", inputs, outputs, kernel_size=3, weight_decay=True)
    return (conv, Relu(), BatchNorm(f"norm{number}", outputs))


def _normalised(number: int, inputs: int, outputs: int) -> tuple[Layer, ...]:
    """A convolution of cifar10-fast."""
    conv = Conv(f"conv{number}", inputs, outputs, kernel_size=3, bias=False, weight_decay=True)
    return (conv, BatchNorm(f"norm{number}", outputs, momentum=0.9, epsilon=1e-5), Relu())


# The guide's CNN: three blocks, with 1x1 convolutions that squeeze the channels, and a head that averages.
# 454,026 trainable weights. The guide's penalty of 1e-4 * sum(p**2) is a coupled weight decay of 2e-4.
GUIDE = ModelSpec(
    name="guide",
    weight_decay=2e-4,
    layers=(
        *_regularised(1, 3, 32),
        *_regularised(2, 32, 64),
        MaxPool(2, 2),
        Dropout(0.2),
        Conv("conv3", 64, 32, kernel_size=1),
        *_regularised(4, 32, 64),
        *_regularised(5, 64, 128),
        MaxPool(2, 2),
        Dropout(0.3),
        Conv("conv6", 128, 32, kernel_size=1),
        *_regularised(7, 32, 128),
        *_regularised(8, 128, 256),
        MaxPool(2, 2),
        Dropout(0.5),
        Conv("conv9", 256, 10, kernel_size=1),
        AveragePool(4, 4),
        Flatten(),
    ),
)

# Caffe's cifar10_quick, with pools that round down: 116,906 trainable weights.
# As in Caffe the first ReLU comes after its pool: the same values as before it, for a quarter of the work.
QUICK = ModelSpec(
    name="quick",
    weight_decay=4e-3,
    layers=(
        Conv("conv1", 3, 32, kernel_size=5, weight_decay=True),
        MaxPool(3, 2),
        Relu(),
        Conv("conv2", 32, 32, kernel_size=5, weight_decay=True),
        Relu(),
        AveragePool(3, 2),
        Conv("conv3", 32, 64, kernel_size=5, weight_decay=True),
        Relu(),
        AveragePool(3, 2),
        Flatten(),
        Dense("dense1", 3 * 3 * 64, 64, weight_decay=True),
        Dense("dense2", 64, 10, weight_decay=True),
    ),
)

# The ResNet-9 of David Page's cifar10-fast ("How to train your ResNet"): 6,573,120 trainable weights.
RESNET9 = ModelSpec(
    name="resnet9",
    weight_decay=5e-4,
    layers=(
        *_normalised(1, 3, 64),
        *_normalised(2, 64, 128),
        MaxPool(2, 2),
        Residual((*_normalised(3, 128, 128), *_normalised(4, 128, 128))),
        *_normalised(5, 128, 256),
        MaxPool(2, 2),
        *_normalised(6, 256, 512),
        MaxPool(2, 2),
        Residual((*_normalised(7, 512, 512), *_normalised(8, 512, 512))),
        MaxPool(4, 4),
        Flatten(),
        Dense("dense1", 512, 10, bias=False, weight_decay=True),
        Scale(0.125),
    ),
)

MODELS = MappingProxyType({model.name: model for model in (GUIDE, QUICK, RESNET9)})
