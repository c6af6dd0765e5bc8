"""The learning rate of a training run: a schedule, and what has happened to it so far."""

from __future__ import annotations

from typing import Any

from lrcore._arguments import check_fields, check_version, real
from lrcore.cifar.on_plateau import OnPlateau
from lrcore.plateau import Plateau
from lrcore.reduction import Reduction
from lrcore.schedules import Constant, Scaled, Schedule

VERSION = 1


class LearningRate:
    """The schedule that a run follows at present: a plateau lowers it after an epoch, a rollback halves it.

    Args:
        policy: What the run was asked to follow.

    Example:
        >>> learning_rate = LearningRate(OnPlateau(0.5, factor=0.5, patience=0))
        >>> [bool(learning_rate.epoch_ended(loss)) for loss in (2.0, 2.0)], learning_rate.schedule
        ([False, True], Constant(lr=0.25))
        >>> learning_rate.halve()
        >>> learning_rate.schedule
        Scaled(base=Constant(lr=0.25), factor=0.5)
    """

    def __init__(self, policy: Schedule | OnPlateau) -> None:
        self._policy = policy
        self._schedule = Constant(policy.lr) if isinstance(policy, OnPlateau) else policy
        self._plateau = policy.plateau() if isinstance(policy, OnPlateau) else Plateau()
        self.scale = 1.0

    @property
    def schedule(self) -> Schedule:
        """The learning rate of every update from now on."""
        return self._schedule if self.scale == 1.0 else Scaled(self._schedule, self.scale)

    def epoch_ended(self, validation_loss: float) -> Reduction | None:
        """Take in the loss of an epoch; what was reduced and why, None if nothing was."""
        if not isinstance(self._policy, OnPlateau):
            return None
        reduction = self._plateau.update(validation_loss, self._schedule(0), self._policy.min_lr)
        if reduction is not None:
            self._schedule = Constant(reduction.new_lrs[0])
        return reduction

    def halve(self) -> None:
        """Halve every learning rate of the schedule, and so its bounds; exact in binary."""
        self.scale *= 0.5

    def state_dict(self) -> dict[str, Any]:
        """What has happened so far, in JSON types; the policy itself is configuration and not part of it."""
        return {
            "version": VERSION,
            "scale": self.scale,
            "schedule": self._schedule.to_dict(),
            "plateau": self._plateau.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`.

        Raises:
            ValueError: When `state` is of another version or shape; nothing is changed then.
        """
        check_version("the state of a learning rate", state, VERSION)
        check_fields("the state of a learning rate", state, self.state_dict())
        schedule, scale = Schedule.from_dict(state["schedule"]), real("scale", state["scale"])
        self._plateau.load_state_dict(state["plateau"])
        self._schedule, self.scale = schedule, scale
