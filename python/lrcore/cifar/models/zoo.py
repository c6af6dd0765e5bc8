"""The models that can be trained, by name."""

from __future__ import annotations

from types import MappingProxyType

from lrcore.cifar.models.spec import AveragePool, Conv, Dense, Dropout, Flatten, MaxPool, ModelSpec, Relu


def _regularised(name: str, inputs: int, outputs: int) -> Conv:
    return Conv(name, inputs, outputs, kernel_size=3, relu=True, batch_norm=True, weight_decay=True)


# The guide's CNN: three blocks, with 1x1 convolutions that squeeze the channels, and a head that averages.
# 454,026 trainable weights. The guide's penalty of 1e-4 * sum(p**2) is a coupled weight decay of 2e-4.
GUIDE = ModelSpec(
    name="guide",
    weight_decay=2e-4,
    layers=(
        _regularised("conv1", 3, 32),
        _regularised("conv2", 32, 64),
        MaxPool(2, 2),
        Dropout(0.2),
        Conv("conv3", 64, 32, kernel_size=1),
        _regularised("conv4", 32, 64),
        _regularised("conv5", 64, 128),
        MaxPool(2, 2),
        Dropout(0.3),
        Conv("conv6", 128, 32, kernel_size=1),
        _regularised("conv7", 32, 128),
        _regularised("conv8", 128, 256),
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
        Conv("conv2", 32, 32, kernel_size=5, relu=True, weight_decay=True),
        AveragePool(3, 2),
        Conv("conv3", 32, 64, kernel_size=5, relu=True, weight_decay=True),
        AveragePool(3, 2),
        Flatten(),
        Dense("dense1", 3 * 3 * 64, 64, weight_decay=True),
        Dense("dense2", 64, 10, weight_decay=True),
    ),
)

MODELS = MappingProxyType({model.name: model for model in (GUIDE, QUICK)})
