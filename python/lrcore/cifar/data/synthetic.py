"""The synthetic set in CIFAR-10's shape: ten textures on a disc, drawn under varying nuisance conditions.

A colour hints at the class from the first update on; only the texture decides it. Place, size, phase, period, tilt,
contrast, background and noise vary from image to image, so that no pixel tells by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lrcore.cifar.data.cache import cached
from lrcore.cifar.data.formats import TEST_BATCH, TRAIN_BATCHES, write_binary
from lrcore.cifar.pipeline.random_streams import Stream, permutation, uniforms

Array = npt.NDArray[np.float64]

SEED = 0
SIDE = 32
TURN_JITTER = 0.06
HUE_JITTER = 0.14
NOISE = 0.4


class Texture(NamedTuple):
    """A wave sin(2*pi*((straight*along + radial*r)/period + arms*angle)), times one across it where `crossed`.

    Args:
        turn: Direction of `along`, in half turns from the x axis towards the y axis, which points down.
        straight: Waves per period along that direction.
        radial: Waves per period away from the centre.
        arms: Waves in a turn around the centre.
        crossed: Whether a second wave crosses the first.
    """

    turn: float = 0
    straight: float = 0
    radial: float = 0
    arms: float = 0
    crossed: bool = False


TEXTURES = {
    "vertical stripes": Texture(turn=0, straight=1),
    "rising stripes": Texture(turn=0.25, straight=1),
    "horizontal stripes": Texture(turn=0.5, straight=1),
    "falling stripes": Texture(turn=0.75, straight=1),
    "checks": Texture(turn=0, straight=1, crossed=True),
    "diamonds": Texture(turn=0.25, straight=1, crossed=True),
    "rings": Texture(radial=1),
    "rays": Texture(arms=5),
    "left spiral": Texture(radial=1, arms=3),
    "right spiral": Texture(radial=1, arms=-3),
}


def draw_images(labels: npt.NDArray[np.int64], batch: int, samples: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Draw one image per label.

    Args:
        labels: int64, shape (n,): the texture of each image.
        batch: Number of the batch file, which keys its random numbers together with the samples.
        samples: int64, shape (n,): place of each image in the file.

    Returns:
        uint8, shape (n, 32, 32, 3).
    """
    draws = uniforms(SEED, batch, Stream.SYNTHETIC, samples, 18).T[:, :, None, None]
    centre, radius = _between(draws[:2], 11, 21), _between(draws[2], 8, 13)
    dy, dx = np.mgrid[:SIDE, :SIDE][:, None] + 0.5 - centre
    disc = np.clip(radius - np.hypot(dy, dx) + 0.5, 0, 1)
    wave = _between(draws[3], 0.05, 0.35) * _wave(labels, dy, dx, draws[4:8])
    object_ = _object_colour(labels, draws[8:11]) + wave[..., None]
    image = _background(dy, dx, draws[11:16])
    image += disc[..., None] * (object_ - image)
    noise = uniforms(SEED, batch, Stream.SYNTHETIC_NOISE, samples, image[0].size).reshape(image.shape)
    image += _between(noise, -NOISE / 2, NOISE / 2)
    return np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)


def _between(draw: Array, low: float, high: float) -> Array:
    return low + (high - low) * draw


def _wave(labels: npt.NDArray[np.int64], dy: Array, dx: Array, draws: Array) -> Array:
    """Height of each image's texture at the offsets from its centre: shape (n, 32, 32), -1.4 to 1.4."""
    turn, straight, radial, arms, crossed = np.array(list(TEXTURES.values()))[labels].T[:, :, None, None]
    direction = np.pi * (turn + _between(draws[0], -TURN_JITTER, TURN_JITTER))
    period = _between(draws[1], 5, 9)
    along = dx * np.cos(direction) + dy * np.sin(direction)
    across = dy * np.cos(direction) - dx * np.sin(direction)
    angle = np.arctan2(dy, dx) / (2 * np.pi)
    first = np.sin(2 * np.pi * ((straight * along + radial * np.hypot(dy, dx)) / period + arms * angle + draws[2]))
    second = np.sin(2 * np.pi * (across / period + draws[3]))
    height: Array = np.where(crossed, 1.4 * first * second, first)  # 1.4: the contrast of one wave
    return height


def _object_colour(labels: npt.NDArray[np.int64], draws: Array) -> Array:
    """Colour of each disc: shape (n, 1, 1, 3). The hues of neighbouring classes overlap."""
    hue = labels[:, None, None] / len(TEXTURES) + _between(draws[0], -HUE_JITTER, HUE_JITTER)
    saturation, brightness = _between(draws[1], 0.1, 0.3), _between(draws[2], 0.4, 0.6)
    channel_phase = np.arange(3) / 3
    return brightness[..., None] + saturation[..., None] * np.cos(2 * np.pi * (hue[..., None] + channel_phase))


def _background(dy: Array, dx: Array, draws: Array) -> Array:
    """A colour that fades in a random direction: shape (n, 32, 32, 3)."""
    colour = np.moveaxis(_between(draws[:3], 0.2, 0.8), 0, -1)
    fade = (_between(draws[3], -0.25, 0.25) * dx + _between(draws[4], -0.25, 0.25) * dy) / SIDE
    return colour + fade[..., None]


VERSION = 1  # to be raised whenever a pixel changes: the cache keeps each version in its own folder
IMAGES_PER_BATCH = 2000
SYNTHETIC_CLASSES = tuple(TEXTURES)

_MARKER = "SYNTHETIC.txt"
_BLOCK = 250  # images drawn at a time: some ten MB


def ensure_synthetic_cifar10() -> Path:
    """The folder of the synthetic set in the binary layout: 10,000 training and 2,000 test images.

    Raises:
        OSError: The cache cannot be written.
    """
    return cached(f"synthetic-v{VERSION}", _write)


def is_synthetic(folder: Path) -> bool:
    """True if a folder with batch files says that its images are synthetic."""
    return (folder / _MARKER).is_file()


def _write(folder: Path) -> None:
    (folder / _MARKER).write_text("These images were generated by lrcore. They are not CIFAR-10.\n")
    (folder / "batches.meta.txt").write_text("\n".join(SYNTHETIC_CLASSES) + "\n")
    for number, name in enumerate((*TRAIN_BATCHES, TEST_BATCH)):
        labels = permutation(SEED, number, IMAGES_PER_BATCH) % len(TEXTURES)
        blocks = np.split(np.arange(IMAGES_PER_BATCH), range(_BLOCK, IMAGES_PER_BATCH, _BLOCK))
        images = np.concatenate([draw_images(labels[block], number, block) for block in blocks])
        write_binary(folder / f"{name}.bin", images, labels)
