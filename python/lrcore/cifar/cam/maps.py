"""Class activation maps (Grad-CAM and HiResCAM), and their overlay on the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps

from lrcore.cifar.cam.features import Array, FeatureGradients

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CamMaps:
    """One map per image, at the resolution of a layer.

        heat = max(raw, 0) / max over the map

    The smallest value is not subtracted: places without evidence for the class are 0 in every map.

    Args:
        raw: Signed evidence, float64 (N, h, w): negative where it speaks against the class.
        layer: Name of the layer.
        method: Name of the method in METHODS.
    """

    raw: Floats
    layer: str
    method: str

    @property
    def empty(self) -> npt.NDArray[np.bool_]:
        """Bool (N,): whether nowhere in the image is evidence for the class, or the map is not finite."""
        peaks = self.raw.max(axis=(1, 2))
        usable: npt.NDArray[np.bool_] = (peaks > 0) & np.isfinite(self.raw).all(axis=(1, 2))
        return ~usable

    @property
    def heat(self) -> npt.NDArray[np.float32]:
        """Float32 (N, h, w): from 0 to 1, which the hottest place of each map has; 0 everywhere in an empty map."""
        evidence = np.where(self.empty[:, None, None], 0.0, np.maximum(self.raw, 0))
        peaks = np.where(self.empty, 1.0, evidence.max(axis=(1, 2)))
        return (evidence / peaks[:, None, None]).astype(np.float32)


def grad_cam(found: FeatureGradients) -> CamMaps:
    """Weight each feature with the mean of its gradient.

        alpha_k = mean over i, j of dY / dA_ijk
        L_ij = sum over k of alpha_k * A_ijk

    Source: Selvaraju et al. 2017, "Grad-CAM", arXiv 1610.02391.

    Example:
        >>> features, gradients = np.ones((1, 2, 2, 1)), np.array([1.0, 0.0, 0.0, 0.0]).reshape(1, 2, 2, 1)
        >>> grad_cam(FeatureGradients(features, gradients, np.zeros((1, 10)), "conv1")).raw.tolist()
        [[[0.25, 0.25], [0.25, 0.25]]]
    """
    weights = found.gradients.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    return CamMaps(_weighted_sum(weights, found.features), found.layer, "gradcam")


def hires_cam(found: FeatureGradients) -> CamMaps:
    """Weight each feature with its gradient at each place.

        L_ij = sum over k of dY / dA_ijk * A_ijk

    Where the model is affine after the layer, the map adds up to the logit less its bias. Grad-CAM's map does so only
    where the head averages over all places.

    Source: Draelos & Carin 2020, "Use HiResCAM instead of Grad-CAM", arXiv 2011.08891.

    Example:
        >>> features, gradients = np.ones((1, 2, 2, 1)), np.array([1.0, 0.0, 0.0, 0.0]).reshape(1, 2, 2, 1)
        >>> hires_cam(FeatureGradients(features, gradients, np.zeros((1, 10)), "conv1")).raw.tolist()
        [[[1.0, 0.0], [0.0, 0.0]]]
    """
    return CamMaps(_weighted_sum(found.gradients.astype(np.float64), found.features), found.layer, "hirescam")


METHODS: MappingProxyType[str, Callable[[FeatureGradients], CamMaps]] = MappingProxyType(
    {"gradcam": grad_cam, "hirescam": hires_cam}
)


def _weighted_sum(weights: Floats, features: Array) -> Floats:
    """Sum over the features, without a warning where a model that has diverged makes it infinite or NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        total: Floats = (weights * features).sum(axis=-1)
    return total


COLOURS = "inferno"  # perceptual: equal steps of heat look equal
OPACITY = 0.7  # of the hottest place

Bytes = npt.NDArray[np.uint8]


def overlay(photos: Bytes, heat: Array, scale: int = 8) -> Bytes:
    """Enlarge photos, and colour them where the heat is.

        shown = (1 - opacity * heat) * photo + opacity * heat * colour(heat)

    so that cold places keep the photo as it is. The photo's pixels stay squares; the heat is interpolated.

    Args:
        photos: uint8, shape (N, H, W, 3).
        heat: From 0 to 1, shape (N, h, w).
        scale: Side of a pixel of the photo in pixels of the result.

    Returns:
        uint8, shape (N, H * scale, W * scale, 3).

    Example:
        >>> photo = np.full((1, 2, 2, 3), 200, np.uint8)
        >>> overlay(photo, np.array([[[0.0, 1.0]]]), scale=1)[0, 0].tolist()
        [[200, 200, 200], [236, 238, 175]]
    """
    enlarged = enlarge(photos, scale)
    smooth = upsample(heat, enlarged.shape[1], enlarged.shape[2])
    colours = 255 * colormaps[COLOURS](smooth)[..., :3]
    opacity = OPACITY * smooth[..., None]
    shown: Bytes = np.rint((1 - opacity) * enlarged + opacity * colours).astype(np.uint8)
    return shown


def enlarge(photos: Bytes, scale: int) -> Bytes:
    """Photos (N, H, W, 3) with every pixel as a square of `scale` x `scale`."""
    return photos.repeat(scale, axis=1).repeat(scale, axis=2)


def upsample(maps: Array, height: int, width: int) -> npt.NDArray[np.float64]:
    """Interpolate maps bilinearly between the centres of their places, constant beyond the outermost centres.

    Args:
        maps: Shape (N, h, w).
        height: At least h.
        width: At least w.

    Returns:
        float64, shape (N, height, width).

    Source: `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`.

    Example:
        >>> upsample(np.array([[[0.0, 1.0]]]), 1, 4).tolist()
        [[[0.0, 0.25, 0.75, 1.0]]]
    """
    result: npt.NDArray[np.float64] = _weights(maps.shape[1], height) @ maps @ _weights(maps.shape[2], width).T
    return result


def _weights(size: int, target: int) -> npt.NDArray[np.float64]:
    """Row i: how much each of `size` places counts at place i of `target`."""
    positions = np.clip((np.arange(target) + 0.5) * size / target - 0.5, 0, size - 1)
    weights: npt.NDArray[np.float64] = np.maximum(0, 1 - np.abs(positions[:, None] - np.arange(size)))
    return weights
