"""Where the commands write."""

from __future__ import annotations

from rich.console import Console

console = Console(highlight=False, markup=False)  # paths may hold brackets
