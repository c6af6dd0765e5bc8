"""Every example in a docstring of the installed package runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import lrcore

MODULES = [
    module.name
    for module in pkgutil.walk_packages(lrcore.__path__, "lrcore.")
    if module.name not in ("lrcore.__main__", "lrcore._core")
]


@pytest.mark.parametrize("name", ["lrcore", *MODULES])
def test_docstring_examples_print_the_shown_output(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0
