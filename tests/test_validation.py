"""Checks and coercions of arguments."""

from __future__ import annotations

import pytest

import lrcore
from lrcore._validation import translate_argument_names


def test_an_error_of_the_core_names_its_argument() -> None:
    with pytest.raises(lrcore.ArgumentError, match=r"^decay_steps must be at least 1, but got 0$") as caught:
        lrcore.Cosine(0.1, decay_steps=0)
    assert caught.value.argument == "decay_steps"
    assert isinstance(caught.value, ValueError)


def test_a_translated_error_names_the_callers_argument() -> None:
    with (
        pytest.raises(lrcore.ArgumentError, match=r"^T_max must be at least 1, but got 0$") as caught,
        translate_argument_names(decay_steps="T_max"),
    ):
        lrcore.Cosine(0.1, decay_steps=0)
    assert caught.value.argument == "T_max"


def test_other_errors_keep_their_type_in_translation() -> None:
    with pytest.raises(TypeError, match=r"^lr must be a number$"), translate_argument_names(base_lr="lr"):
        raise TypeError("base_lr must be a number")
