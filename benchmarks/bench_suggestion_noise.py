"""How often lrcore's interval holds the steepest descent of a synthetic curve, and how often it takes noise for a fall.

usage: python benchmarks/bench_suggestion_noise.py
"""

from __future__ import annotations

import numpy as np
from synthetic_curves import LOG_LRS, NOISES, synthetic_curve, unit_noise

from lrcore import bounds, suggest

CURVES = 400
FLAT_CURVES = 500
MIDDLE = -2.0


def holds(seed: int) -> bool:
    """Whether the interval holds the steepest descent; a curve without an answer does not count as held."""
    curve = synthetic_curve(seed)
    interval = suggest(curve.lrs, curve.losses).interval
    return interval is not None and interval[0] <= curve.steepest_lr <= interval[1]


def falls(noise: str, seed: int) -> bool:
    losses = 2.3 + 0.1 * unit_noise(noise, np.random.default_rng(seed), MIDDLE)
    return bounds(10.0**LOG_LRS, losses).base_lr is not None


def main() -> None:
    held = np.array([holds(seed) for seed in range(CURVES)])
    print(
        f"interval holds the steepest descent: {held[:100].mean():.0%} of the first 100, {held.mean():.0%} of {CURVES}"
    )
    for kind, noise in enumerate(NOISES):
        fallen = np.mean([falls(noise, seed) for seed in range(FLAT_CURVES)])
        print(f"{noise}: holds {held[kind :: len(NOISES)].mean():.0%}, flat curves taken for a fall {fallen:.1%}")


if __name__ == "__main__":
    main()
