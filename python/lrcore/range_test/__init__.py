"""The learning-rate range test: its engine, and the result with its files and figure."""

from __future__ import annotations

from lrcore._public import set_public_module
from lrcore.range_test._engine import RangeTest, StopReason
from lrcore.range_test._result import RangeTestResult

__all__ = ["RangeTest", "RangeTestResult", "StopReason"]

set_public_module(__name__)
