"""Values of `--schedule`."""

from __future__ import annotations

import re

import pytest

from lrcore import Constant, InverseTime, OneCycle, Scaled
from lrcore.cifar.training.policies import Auto, OnPlateau, Policy, parse_policy


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("constant(1e-3)", Constant(1e-3)),
        ("inverse_time(1e-2, 0.1, decay_steps='1ep', staircase=True)", InverseTime(1e-2, 0.1, 450, True)),
        ("one_cycle(0.1, '1dur')", OneCycle(0.1, 4500)),
        ("one_cycle(0.1, total_steps='2ep')", OneCycle(0.1, 900)),
        ("scaled(constant(1.0), 0.5)", Scaled(Constant(1.0), 0.5)),
        ("plateau(0.1)", OnPlateau(0.1)),
        ("plateau(0.1, factor=0.5, patience=3, min_lr=1e-4)", OnPlateau(0.1, 0.5, 3, min_lr=1e-4)),
        ("auto", Auto("one_cycle")),
        (" auto() ", Auto("one_cycle")),
        ("auto('cyclic')", Auto("cyclic")),
        ('auto(shape="constant")', Auto("constant")),
    ],
)
def test_a_text_describes_a_policy(text: str, policy: Policy) -> None:
    assert parse_policy(text, steps_per_epoch=450, total_steps=4500) == policy


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("plateau", "plateau: missing a required argument: 'lr'"),
        ("plateau(0.1, mode='max')", "plateau: got an unexpected keyword argument 'mode'"),
        ("plateau(0.1, patience='3ep')", "patience must be an integer, but got '3ep'"),
        ("auto('square')", "shape must be one of one_cycle, cyclic, constant, but got 'square'"),
        ("scaled(plateau(0.1), 0.5)", "base must be"),
        ("cyclic", "cyclic: missing a required argument: 'base_lr'"),
        ("sigmoid(0.1)", "unknown schedule 'sigmoid': choose one of constant, "),
        ("auto; import os", "a schedule must be written like"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        parse_policy(text, steps_per_epoch=450, total_steps=4500)
