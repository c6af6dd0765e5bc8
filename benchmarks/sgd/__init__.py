"""The sections of bench_sgd.py."""

from __future__ import annotations
