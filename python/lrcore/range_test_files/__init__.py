"""The result of a range test on disk, without loss; each module is a format."""

from __future__ import annotations
