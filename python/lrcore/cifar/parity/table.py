"""A comparison told on the console."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from lrcore.cifar.parity.pair import LOSS_LIMIT, WEIGHT_LIMIT, Pair, worst
from lrcore.cifar.parity.result import ParityResult

COLUMNS = ("pair", "loss,\nrelative", "at\nupdate", "weight,\nabsolute", "weight,\nrelative", "lr traces", "limits")


def tell(result: ParityResult, console: Console) -> bool:
    """Print a table with a row for each pair, and what breaks a limit; give whether lrcore's pair breaks none."""
    console.print(_table(result))
    for name, pair in result.pairs.items():
        for phrase in pair.broken_limits:
            console.print(f"{name} pair: {phrase}", soft_wrap=True)
    return result.within_limits


def _table(result: ParityResult) -> Table:
    settings = result.settings
    run = f"{settings.model}, {settings.updates} updates of {settings.batch_size} images in float64, no dropout"
    table = Table(*COLUMNS, title=f"Largest differences between PyTorch and Keras\n{run}")
    for name, pair in result.pairs.items():
        table.add_row(name, *_cells(pair))
    table.add_section()
    table.add_row("limit", f"{LOSS_LIMIT:g}", "", f"{WEIGHT_LIMIT:g}", "", "bit-equal", "")
    return table


def _cells(pair: Pair) -> tuple[str, ...]:
    update, loss_difference = worst(pair.loss_differences)
    return (
        f"{loss_difference:.1e}",
        str(update),
        f"{worst(pair.weight_differences)[1]:.1e}",
        f"{worst(pair.relative_weight_differences)[1]:.1e}",
        "bit-equal" if pair.trace_difference is None else "different",
        "broken" if pair.broken_limits else "kept",
    )
