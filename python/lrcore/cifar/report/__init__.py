"""One page about one run or several."""

from __future__ import annotations

from lrcore.cifar.report.page import write_report

__all__ = ["write_report"]
