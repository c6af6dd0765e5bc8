"""The learning rate of weight averaging under torch's signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch.optim import Optimizer

from lrcore._validation import as_int, as_non_negative
from lrcore.schedules import PiecewiseCosine, PiecewiseLinear, Schedule, Tabulated
from lrcore.torch._param_groups import ParamGroup, one_per_group, param_groups
from lrcore.torch.lr_scheduler._scheduler import GroupSchedules
from lrcore.torch.lr_scheduler._torch_compatible import TorchCompatibleScheduler, of_torch

CURVES: dict[str, type[PiecewiseCosine | PiecewiseLinear]] = {"cos": PiecewiseCosine, "linear": PiecewiseLinear}


@dataclass(frozen=True)
class Annealing(GroupSchedules):
    """From what each group has to its learning rate of weight averaging."""

    swa_lrs: tuple[float, ...]
    epochs: int
    strategy: str

    def schedule_for(self, index: int, group: ParamGroup, base_lr: float) -> Schedule:
        """From `base_lr` on."""
        return self._between(base_lr, self.swa_lrs[index if index < len(self.swa_lrs) else 0])

    def part_done(self, step: int) -> float:
        """How much of the way lies behind at `step`: 0 to 1."""
        return self._between(0.0, 1.0)(step)

    def _between(self, start: float, end: float) -> Schedule:
        return CURVES[self.strategy]([0, self.epochs], [start, end]) if self.epochs else Tabulated([end])


class SWALR(TorchCompatibleScheduler):
    """Anneals the learning rate from what it is to a fixed one, as `torch.optim.swa_utils.SWALR`.

        lr(t) = swa_lr + (lr(0) - swa_lr) * w(1 - min(t, anneal_epochs) / anneal_epochs)

    with w(q) = sin(pi * q / 2)^2 (cos) or q (linear). lr(0) is what the group has at the first `step()`: until then
    another scheduler may write it, and this one writes nothing.

    Args:
        optimizer: Whose param groups are written.
        swa_lr: Learning rate at the end, finite and not negative; one for all groups or a list of one per group.
        anneal_epochs: Steps to it, at least 0; with 0 it is there at once.
        anneal_strategy: "cos" or "linear".
        last_epoch: Must be -1: what the learning rate was when the annealing began is in the `state_dict`.

    Raises:
        ValueError: When an argument is out of range.

    Source: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization" (arXiv:1803.05407).

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
        >>> [(scheduler.get_last_lr(), scheduler.step())[0] for _ in range(4)]
        [[1.0], [0.75], [0.5], [0.5]]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if last_epoch != -1:
            raise ValueError(f"last_epoch must be -1, as only a state_dict knows where to go on, but got {last_epoch}")
        if anneal_strategy not in CURVES:
            raise ValueError(f"anneal_strategy must be 'cos' or 'linear', but got {anneal_strategy!r}")
        if as_int("anneal_epochs", anneal_epochs) < 0:
            raise ValueError(f"anneal_epochs must not be negative, but got {anneal_epochs}")
        swa_lrs = one_per_group("swa_lr", swa_lr, len(param_groups(optimizer)))
        self._annealing = Annealing(
            tuple(as_non_negative("swa_lr", lr) for lr in swa_lrs), anneal_epochs, anneal_strategy
        )
        super().__init__(optimizer, self._annealing)

    def step(self, epoch: int | None = None) -> None:
        """Move on to the next step, or to step number `epoch`; from step 0 on the annealing begins."""
        if self.last_epoch == 0:
            self._base_lrs = []
            self._unbind_groups()
        super().step(epoch)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from `state_dict`, which may also be that of torch's `SWALR`.

        Raises:
            ValueError: When `state_dict` is of another version or a field is missing or unknown.
        """
        super().load_state_dict(state_dict if "version" in state_dict else self._of_torch(state_dict))

    def _of_torch(self, state_dict: dict[str, Any]) -> dict[str, Any]:
        """Torch keeps no learning rate of the beginning: it follows from the last one."""
        if "_last_lr" not in state_dict:
            raise ValueError("the state of torch's SWALR lacks the field '_last_lr'")
        state = of_torch(state_dict)
        done = self._annealing.part_done(state["step"])
        pairs = zip(state_dict["_last_lr"], self._annealing.swa_lrs * len(state_dict["_last_lr"]), strict=False)
        base_lrs = [float((lr - done * swa_lr) / (1 - done)) if done < 1 else swa_lr for lr, swa_lr in pairs]
        return {**state, "base_lrs": base_lrs}

    def _write(self, step: int, factor: float) -> None:
        if step > 0 or self._annealing.epochs == 0:
            return super()._write(step, factor)
        self._bind_groups(self.optimizer.param_groups)
        self.last_epoch, self._factor = step, factor

    def _lrs(self, step: int, factor: float) -> list[float]:
        if step == 0 and self._annealing.epochs > 0:
            return [float(group["lr"]) for group in self.optimizer.param_groups]
        return super()._lrs(step, factor)

    def _base_lr_of(self, group: ParamGroup) -> float:
        return float(group["lr"])
