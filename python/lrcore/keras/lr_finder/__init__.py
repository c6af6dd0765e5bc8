"""The learning-rate finder for Keras."""

from __future__ import annotations

from lrcore.keras.lr_finder._callback import LRFinder
from lrcore.keras.lr_finder._lr_find import lr_find

__all__ = ["LRFinder", "lr_find"]
