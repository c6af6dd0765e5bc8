"""Class activation maps on the backends that this process has not loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = str(Path(__file__).with_name("test_keras_features.py"))


def run(backend: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KERAS_BACKEND": backend}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_tests_of_keras_models_pass_on(backend: str) -> None:
    # Without those of 16 bits, which JAX compiles for several seconds.
    done = run(backend, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not 16_bits", TESTS)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_a_backend_without_gradients_is_refused_by_name() -> None:
    code = """
import keras, numpy as np
from lrcore.cifar.cam.keras_features import feature_gradients
model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(10, 8, name="conv"), keras.layers.Flatten()])
try:
    feature_gradients(model, "conv", np.zeros((1, 8, 8, 3)), [0])
except NotImplementedError as error:
    print(error)
"""
    assert run("numpy", "-c", code).stdout == "Keras' backend must be one of tensorflow, jax, torch, but is numpy\n"
