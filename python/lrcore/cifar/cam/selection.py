"""Choice of the layer and the method of a class activation map."""

from __future__ import annotations

from typing import NamedTuple

from lrcore.cifar.cam.maps import METHODS
from lrcore.cifar.models import ModelSpec, cam_layer, has_averaging_head, output_shapes


class CamChoice(NamedTuple):
    """A layer and a method."""

    layer: str
    method: str


def choose_cam(spec: ModelSpec, layer: str | None = None, method: str | None = None) -> CamChoice:
    """The layer and the method that were asked for, or else those that suit the model.

    Args:
        spec: The model.
        layer: A layer that gives a map of more than one place; None: the last one whose map is above 4x4.
        method: A name in `lrcore.cifar.cam.METHODS`; None: "gradcam" where the head only averages, and "hirescam"
            elsewhere, since Grad-CAM averages away which part of the map a dense layer looked at.

    Raises:
        ValueError: When there is no such layer or method.

    Example:
        >>> from lrcore.cifar.models import GUIDE, QUICK
        >>> choose_cam(GUIDE).method, choose_cam(QUICK).method
        ('gradcam', 'hirescam')
    """
    maps = [name for name, shape in output_shapes(spec).items() if len(shape) == 3 and shape[:2] != (1, 1)]
    if layer is not None and layer not in maps:
        raise ValueError(
            f"cam_layer must be a layer of {spec.name} with a map, one of {', '.join(maps)}, but got {layer!r}"
        )
    if method is not None and method not in METHODS:
        raise ValueError(f"cam_method must be one of {', '.join(METHODS)}, but got {method!r}")
    suited = "gradcam" if has_averaging_head(spec) else "hirescam"
    return CamChoice(cam_layer(spec) if layer is None else layer, suited if method is None else method)
