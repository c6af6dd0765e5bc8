"""Times beside each other, and their ratios beside the targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.table import Table


@dataclass(frozen=True)
class Row:
    """Seconds of each candidate; targets: how many times those of lrcore some of them must at least be."""

    label: str
    seconds: Mapping[str, float]
    targets: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    def ratios(self) -> list[str]:
        """How many times the seconds of lrcore each other needs; its target, if any, and whether that is reached."""
        lines = []
        for name, seconds in self.seconds.items():
            ratio = seconds / self.seconds["lrcore"]
            if name in self.targets:
                verdict = "reached" if ratio >= self.targets[name] else "[bold]missed[/bold]"
                lines.append(f"{name} / lrcore {ratio:.2f}, target {self.targets[name]:g}: {verdict}")
            elif name != "lrcore":
                lines.append(f"{name} / lrcore {ratio:.2f}")
        return lines


def table(title: str, rows: list[Row]) -> Table:
    """Microseconds, one row for each size."""
    names = list(dict.fromkeys(name for row in rows for name in row.seconds))
    columns = Table(title=f"{title}, us", show_lines=True)
    columns.add_column("weights / tensors")
    for name in names:
        columns.add_column(name, justify="right")
    columns.add_column("ratios")
    for row in rows:
        times = [f"{row.seconds[name] * 1e6:,.0f}" if name in row.seconds else "" for name in names]
        columns.add_row(row.label, *times, "\n".join([*row.ratios(), *filter(None, [row.note])]))
    return columns
