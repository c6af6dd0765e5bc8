"""Weights in files: a module for each kind, with the functions of `lrcore.cifar.models.conversion.WeightFile`."""

from __future__ import annotations
