"""Gradient of class scores with respect to a layer's output, by TensorFlow's tape."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from lrcore.cifar.cam.features import Run, check_logits


def score_gradients(run: Run, layer: str, classes: npt.NDArray[np.int64]) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The features that `layer` gives, `d sum_i logits[i, classes[i]] / d features`, and the logits."""
    features = None
    with tf.GradientTape(watch_accessed_variables=False) as tape:

        def hook(output: tf.Tensor) -> tf.Tensor:
            nonlocal features
            features = tf.identity(output)  # a layer such as Dropout may give its input, which others use too
            tape.watch(features)
            return features

        logits = run({layer: hook})
        check_logits(tuple(logits.shape), classes)
        score = tf.reduce_sum(tf.gather(logits, classes, batch_dims=1))
    gradients = tape.gradient(score, features, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return features, gradients, logits
