"""One whole optimizer.step() on the CPU, lrcore beside its peers, all in one run: medians of interleaved repeats.

    python benchmarks/bench_sgd.py [torch] [clip] [busy] [keras]     (default: all)

Weights are float32, gradients fixed, momentum 0.9 with Nesterov, weight decay 1e-4 (in `keras` with and without). Every
ratio stands beside its target. The largest size needs some 7 GB of memory.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from rich.console import Console
from sgd.machine import machine
from sgd.table import Row, table


def torch_rows() -> list[Row]:
    from sgd.torch_steps import rows

    return rows()


def clip_rows() -> list[Row]:
    from sgd.clipped_steps import rows

    return rows()


def busy_rows() -> list[Row]:
    from sgd.busy_cores import rows

    return rows()


def keras_rows() -> list[Row]:
    from sgd.keras_steps import rows

    return rows()


# A framework is imported by its own section alone.
SECTIONS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "torch": ("PyTorch: optimizer.step()", torch_rows),
    "clip": ("PyTorch: gradients clipped to a global norm of 1, then optimizer.step()", clip_rows),
    "busy": ("PyTorch: optimizer.step() with a competing process on each core", busy_rows),
    "keras": ("Keras on TensorFlow: optimizer.apply() in a tf.function, jit_compile=False", keras_rows),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", type=known_section, metavar="section", help=", ".join(SECTIONS))
    console = Console(width=150)
    for name in parser.parse_args().sections or SECTIONS:
        title, rows = SECTIONS[name]
        console.print(f"before {name}: {machine()}", highlight=False)
        console.print(table(title, rows()))


def known_section(name: str) -> str:
    # Not argparse's choices, which refuse an empty list.
    if name not in SECTIONS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SECTIONS)}")
    return name


if __name__ == "__main__":
    main()
