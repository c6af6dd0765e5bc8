"""The version: the build, the package and the C++ core all read it here."""

from __future__ import annotations

__version__ = "0.1.0"
