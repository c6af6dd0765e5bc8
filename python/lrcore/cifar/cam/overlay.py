"""Heat laid over photos."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps

COLOURS = "inferno"  # perceptual: equal steps of heat look equal
OPACITY = 0.7  # of the hottest place

Bytes = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float32] | npt.NDArray[np.float64]


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
    return np.rint((1 - opacity) * enlarged + opacity * colours).astype(np.uint8)


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
    return np.maximum(0, 1 - np.abs(positions[:, None] - np.arange(size)))
