"""Draws docs/schedules.png: every schedule, and what can be made of them.

usage: python docs/schedules_figure.py
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from lrcore import (
    Clip,
    Constant,
    Cooldown,
    Cosine,
    CosineRestarts,
    Cyclic,
    CyclicMomentum,
    Delay,
    Exponential,
    ExponentialDecay,
    InverseSqrt,
    InverseTime,
    Linear,
    MultiStep,
    Noam,
    Offset,
    OneCycle,
    OneCycleMomentum,
    PiecewiseConstant,
    PiecewiseCosine,
    PiecewiseLinear,
    Polynomial,
    Product,
    Repeat,
    Scaled,
    Schedule,
    Sequence,
    Step,
    Tabulated,
    Tanh,
    Until,
    Warmup,
    WarmupStableDecay,
)

COLUMNS = 6
BASE = Cosine(0.1, 100)

FAMILIES: dict[str, Schedule] = {
    "Constant": Constant(0.1),
    "Linear": Linear(0.1, 0.0, 100),
    "Polynomial\npower=2": Polynomial(0.1, 100, power=2),
    "Polynomial\npower=2, cycle=True": Polynomial(0.1, 35, power=2, cycle=True),
    "Exponential": Exponential(1e-5, 0.1, 100),
    "ExponentialDecay\nstaircase=True, end_lr=5e-3": ExponentialDecay(0.1, 0.5, 20, True, end_lr=5e-3),
    "InverseTime": InverseTime(0.1, 0.9, 10),
    "InverseSqrt\nwarmup_steps=10": InverseSqrt(0.1, 10, 10),
    "Noam": Noam(512, 17),
    "Step": Step(0.1, 20),
    "MultiStep\ngamma=0.3": MultiStep(0.1, [50, 75], 0.3),
    "PiecewiseConstant": PiecewiseConstant([20, 60, 80], [0.05, 0.1, 0.03, 0.01]),
    "PiecewiseLinear": PiecewiseLinear([0, 20, 60, 100], [0.01, 0.1, 0.04, 0.0]),
    "PiecewiseCosine": PiecewiseCosine([0, 20, 60, 100], [0.01, 0.1, 0.04, 0.0]),
    "Tabulated": Tabulated([0.02, 0.05, 0.09, 0.1, 0.08, 0.085, 0.05, 0.03, 0.035, 0.01]),
    "Cosine": BASE,
    "Cosine\nk=3 (k-decay)": Cosine(0.1, 100, k=3.0),
    'Cosine\nend="mirror"': Cosine(0.1, 33, end="mirror"),
    "CosineRestarts\npeak_decay=0.8": CosineRestarts(0.1, 33, peak_decay=0.8),
    "CosineRestarts\nperiod_mult=2, cycles=3": CosineRestarts(0.1, 14, period_mult=2, cycles=3),
    "Tanh": Tanh(0.1, 100),
    "WarmupStableDecay": WarmupStableDecay(0.1, 15, 45, 40),
    "OneCycle": OneCycle(0.1, 100),
    "OneCycle\nlinear, three_phase=True": OneCycle(0.1, 100, 0.4, "linear", three_phase=True),
    "Cyclic": Cyclic(0.01, 0.1, 17),
    'Cyclic\nmode="triangular2"': Cyclic(0.01, 0.1, 17, mode="triangular2"),
    'Cyclic\nmode="exp_range"': Cyclic(0.01, 0.1, 17, mode="exp_range", gamma=0.98),
    "Cyclic\nscale=(1, 0.3, 0.7)": Cyclic(0.01, 0.1, 17, scale=(1, 0.3, 0.7)),
    "OneCycleMomentum": OneCycleMomentum(0.85, 0.95, 100),
    "CyclicMomentum": CyclicMomentum(0.85, 0.95, 17),
}

COMBINATORS: dict[str, Schedule] = {
    "Scaled\nbase * 0.5": Scaled(BASE, 0.5),
    "Product\nbase * Cyclic(…)": Product([BASE, Cyclic(0.5, 1.0, 10)]),
    "Sequence\nbase.then(Constant(…), at=60)": Sequence([BASE, Constant(0.02)], [60]),
    "Warmup\nsteps=20": Warmup(BASE, 20),
    "Warmup\nsteps=20, prefix=False": Warmup(BASE, 20, prefix=False),
    "Cooldown\nbegin=50, steps=20": Cooldown(BASE, 50, 20),
    "Clip\nmin_lr=0.02, max_lr=0.08": Clip(BASE, 0.02, 0.08),
    "Delay\nsteps=20": Delay(BASE, 20),
    "Offset\noffset=20": Offset(BASE, 20),
    "Repeat\nperiod=40, peak_decay=0.7": Repeat(BASE, 40, peak_decay=0.7),
    'Until\n60 steps, end="hold"': Until(BASE, 60),
    'Until\n60 steps, end="mirror"': Until(BASE, 60, "mirror"),
}


def main(path: Path) -> None:
    """Families above, combinators of one cosine below."""
    rows = [-(-len(part) // COLUMNS) for part in (FAMILIES, COMBINATORS)]
    figure = Figure(figsize=(14, 2 * sum(rows)), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=rows)
    draw(above, "Families", FAMILIES)
    for ax in draw(below, "Made of one Cosine (dotted)", COMBINATORS, steps=121):
        ax.plot(BASE.values(0, 101), ":", color="0.5", linewidth=1.2, zorder=1)
    figure.savefig(path, dpi=100)


def draw(
    figure: Figure | SubFigure, title: str, schedules: Mapping[str, Schedule], steps: int | None = None
) -> list[Axes]:
    """One panel for each schedule, under its name."""
    figure.suptitle(title, fontweight="bold")
    panels = figure.subplots(-(-len(schedules) // COLUMNS), COLUMNS, squeeze=False).ravel()
    for ax in panels[len(schedules) :]:
        ax.remove()
    for ax, (name, schedule) in zip(panels, schedules.items(), strict=False):
        schedule.plot(ax, steps)
        ax.set_title(name, fontsize="small")
        ax.set_xlabel("")
        ax.set_ylabel("momentum" if schedule.quantity == "momentum" else "", fontsize="small")
        ax.tick_params(labelsize="x-small")
    return list(panels[: len(schedules)])


if __name__ == "__main__":
    main(Path(__file__).parent / "schedules.png")
