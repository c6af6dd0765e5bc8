"""Training of the CIFAR-10 models in either framework: settings, runs, checkpoints and records."""

from __future__ import annotations
