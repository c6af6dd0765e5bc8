from __future__ import annotations

import os

import pytest

from lrcore.cifar._quiet import suppress_stderr


def test_library_output_on_stderr_is_suppressed(capfd: pytest.CaptureFixture[str]) -> None:
    with suppress_stderr():
        os.write(2, b"noise\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_it_is_shown_if_the_library_fails(capfd: pytest.CaptureFixture[str]) -> None:
    def load() -> None:
        with suppress_stderr():
            os.write(2, b"the cause\n")
            raise ImportError("no such library")

    with pytest.raises(ImportError, match="no such library"):
        load()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "the cause\nafter\n"
