"""Class activation maps: where in an image the evidence for a class lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from lrcore.cifar.cam.feature_gradients import Array, FeatureGradients
from lrcore.cifar.models.shapes import has_averaging_head
from lrcore.cifar.models.spec import ModelSpec

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
        return ~((peaks > 0) & np.isfinite(self.raw).all(axis=(1, 2)))

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


def default_method(spec: ModelSpec) -> str:
    """Grad-CAM where the head of a model only averages, and else HiResCAM, whose maps say where the logit comes from.

    Example:
        >>> from lrcore.cifar.models import GUIDE, QUICK
        >>> default_method(GUIDE), default_method(QUICK)
        ('gradcam', 'hirescam')
    """
    return "gradcam" if has_averaging_head(spec) else "hirescam"


def _weighted_sum(weights: Floats, features: Array) -> Floats:
    """Sum over the features, without a warning where a model that has diverged makes it infinite or NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        total: Floats = (weights * features).sum(axis=-1)
    return total
