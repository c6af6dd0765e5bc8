"""Choice of layer and method for each model."""

from __future__ import annotations

import re

import pytest

from lrcore.cifar.cam import choose_cam
from lrcore.cifar.models import GUIDE, MODELS, QUICK, cam_layer


def test_the_default_layer_and_method_of_each_model() -> None:
    assert {name: choose_cam(spec) for name, spec in MODELS.items()} == {
        "guide": ("norm8", "gradcam"),
        "quick": ("relu3", "hirescam"),
        "resnet9": ("relu6", "hirescam"),
    }


def test_the_requested_layer_and_method_are_used() -> None:
    assert choose_cam(GUIDE, "conv9", "hirescam") == ("conv9", "hirescam")
    assert choose_cam(QUICK, "conv1") == ("conv1", "hirescam")
    assert choose_cam(QUICK, method="gradcam") == (cam_layer(QUICK), "gradcam")


@pytest.mark.parametrize("layer", ["conv10", "flatten1", "averagepool1"])  # the last gives a map of one place
def test_layers_without_a_map_are_refused(layer: str) -> None:
    with pytest.raises(ValueError, match=rf"^cam_layer must be a layer of guide .* conv9, but got '{layer}'$"):
        choose_cam(GUIDE, layer)


def test_unknown_methods_are_refused() -> None:
    sentence = "cam_method must be one of gradcam, hirescam, but got 'cam'"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        choose_cam(GUIDE, method="cam")
