from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lrcore import Constant
from lrcore.cifar.training.settings import Settings

GOOD = Settings("torch", "synthetic", "quick", Constant(0.1), epochs=1, batch_size=10, seed=0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"framework": "jax"}, "framework must be one of torch, keras, but got 'jax'"),
        ({"model": "vgg"}, "model must be one of guide, quick, resnet9, but got 'vgg'"),
        ({"epochs": 0}, "epochs must be at least 1, but got 0"),
        ({"batch_size": 0}, "batch_size must be at least 1, but got 0"),
        ({"seed": -1}, "seed must be at least 0, but got -1"),
        ({"momentum": float("nan")}, "momentum must be at least 0 and less than 1, but got nan"),
        ({"momentum": 1.0}, "momentum must be at least 0 and less than 1, but got 1.0"),
    ],
)
def test_a_bad_setting_is_named(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        replace(GOOD, **change)


def test_settings_are_plain_json() -> None:
    assert json.loads(json.dumps(GOOD.to_dict()))["schedule"] == {"schedule": "constant", "version": 1, "lr": 0.1}
