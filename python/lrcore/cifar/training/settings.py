"""Settings of a training run, as a value that its folder records."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from lrcore._validation import check_fields
from lrcore.cifar.cam import choose_cam
from lrcore.cifar.models import MODELS
from lrcore.cifar.training.policies import Policy, policy_from_dict

FRAMEWORKS = ("torch", "keras")
PRECISIONS = ("float32", "bfloat16")
DEVICES = ("auto", "cpu", "cuda", "mps")
ON_DIVERGENCE = ("stop", "rollback")
OPTIONS_OF_TORCH = ("precision", "channels_last", "device")


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run: the same settings give the same batches, weights and learning rates.

    Args:
        framework: "torch" or "keras".
        data: "synthetic", "cifar10" or a folder that holds CIFAR-10.
        model: A name in `lrcore.cifar.models.zoo.MODELS`.
        schedule: The learning rate of every update.
        epochs: Passes over the training images.
        batch_size: Images per update.
        seed: Keys the initial weights, the shuffles, the augmentation and dropout.
        momentum: Of SGD-Nesterov.
        cutout: Whether to erase random boxes, as the guide does.
        flip: Whether to mirror images at random.
        pad_crop: Whether to shift images at random, by up to 4 pixels.
        precision: "float32", or "bfloat16" for torch's autocast.
        channels_last: Whether torch keeps kernels in that memory format too; images always are.
        device: Of torch: "auto" takes the accelerator, where there is one.
        reestimate_batch_norm: Training batches from which the moving statistics are measured anew at the end; 0: none.
        on_divergence: "stop", or "rollback" to the last checkpoint with half the learning rate.
        checkpoint_every: Updates between two checkpoints; there is one after each epoch in any case.
        keep_checkpoints: How many of the last are kept, at least 2: a rollback may need the one before the last.
        tensorboard: Whether to write event files too.
        cam_layer: Layer that the figure of misclassified images looks at; None: the last one with a map above 4x4.
        cam_method: "gradcam" or "hirescam"; None: the former where the model's head only averages.

    Raises:
        ValueError: When an argument is out of range; the sentence names it.
    """

    framework: str
    data: str
    model: str
    schedule: Policy
    epochs: int
    batch_size: int
    seed: int
    momentum: float = 0.9
    cutout: bool = False
    flip: bool = False
    pad_crop: bool = False
    precision: str = "float32"
    channels_last: bool = False
    device: str = "auto"
    reestimate_batch_norm: int = 0
    on_divergence: str = "stop"
    checkpoint_every: int = 500
    keep_checkpoints: int = 2
    tensorboard: bool = False
    cam_layer: str | None = None
    cam_method: str | None = None

    def __post_init__(self) -> None:
        _require_choice("framework", self.framework, FRAMEWORKS)
        _require_choice("model", self.model, tuple(MODELS))
        _require_choice("precision", self.precision, PRECISIONS)
        _require_choice("device", self.device, DEVICES)
        _require_choice("on_divergence", self.on_divergence, ON_DIVERGENCE)
        _require_at_least("epochs", self.epochs, 1)
        _require_at_least("batch_size", self.batch_size, 1)
        _require_at_least("seed", self.seed, 0)
        _require_at_least("reestimate_batch_norm", self.reestimate_batch_norm, 0)
        _require_at_least("checkpoint_every", self.checkpoint_every, 1)
        _require_at_least("keep_checkpoints", self.keep_checkpoints, 2)
        if not (math.isfinite(self.momentum) and 0 <= self.momentum < 1):
            raise ValueError(f"momentum must be at least 0 and less than 1, but got {self.momentum}")
        if self.reestimate_batch_norm > 0 and not MODELS[self.model].has_batch_norm:
            raise ValueError(f"reestimate_batch_norm must be 0 for {self.model}, which has no BatchNorm")
        choose_cam(MODELS[self.model], self.cam_layer, self.cam_method)
        if self.framework != "torch":
            self._require_defaults_of_torch()

    def to_dict(self) -> dict[str, Any]:
        """The settings in plain JSON types."""
        plain = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**plain, "schedule": self.schedule.to_dict()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Settings:
        """The settings that `to_dict` described.

        Raises:
            ValueError: When a field is missing, unknown or out of range.
        """
        check_fields("the settings of a run", content, [item.name for item in fields(cls)])
        return cls(**{**content, "schedule": policy_from_dict(content["schedule"])})

    def _require_defaults_of_torch(self) -> None:
        for name in OPTIONS_OF_TORCH:
            default = type(self).__dataclass_fields__[name].default
            if getattr(self, name) != default:
                raise ValueError(f"{name} is an option of torch and must be {default} for {self.framework}")


def _require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, but got {value!r}")


def _require_at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"{name} must be at least {least}, but got {value}")
