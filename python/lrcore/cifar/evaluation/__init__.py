"""Predictions of a trained model, right and wrong, as numbers and figures."""

from __future__ import annotations

from lrcore.cifar.evaluation.predictions import Predictions

__all__ = ["Predictions"]
