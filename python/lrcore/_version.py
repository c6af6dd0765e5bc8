"""The version, read here by the build, the package and the C++ core."""

from __future__ import annotations

__version__ = "0.1.0"
