"""Gradient of class scores with respect to a layer's output, by jax.grad."""

from __future__ import annotations

import jax
import numpy as np
import numpy.typing as npt

from lrcore.cifar.cam.features import Run, check_logits


def score_gradients(run: Run, layer: str, classes: npt.NDArray[np.int64]) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The features that `layer` gives, `d sum_i logits[i, classes[i]] / d features`, and the logits.

    The model runs twice: JAX has to be given the point at which it takes a gradient.
    """
    features: list[jax.Array] = []

    def hook(output: jax.Array) -> jax.Array:
        features.append(output)
        return output

    logits = run({layer: hook})
    check_logits(tuple(logits.shape), classes)

    def score(given: jax.Array) -> jax.Array:
        scores: jax.Array = run({layer: lambda output: given})[np.arange(len(classes)), classes]
        return scores.sum()

    return features[0], jax.grad(score)(features[0]), logits
