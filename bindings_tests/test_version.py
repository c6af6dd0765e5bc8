from __future__ import annotations

import lrcore._core as _core
from lrcore._version import __version__


def test_the_extension_was_built_from_this_version() -> None:
    assert _core.__version__ == __version__
