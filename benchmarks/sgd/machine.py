"""What the figures were measured on."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import lrcore


def machine() -> str:
    """Processor, cores, load and versions in one line."""
    load = " ".join(f"{average:.2f}" for average in os.getloadavg())
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "keras", "tensorflow"))
    cores = len(os.sched_getaffinity(0))
    return (
        f"{processor()}, {cores} cores, load {load}; lrcore on at most {lrcore.get_num_threads()} threads; {versions}"
    )


def processor() -> str:
    """The first processor's name, as Linux has it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"
