"""A training run in progress: its state, its updates, its checkpoints."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from lrcore._validation import as_float, check_fields, check_version
from lrcore.cifar.pipeline.batches import prefetch
from lrcore.cifar.training.checkpoint import Checkpoint
from lrcore.cifar.training.divergence import Diverged, DivergenceGuard
from lrcore.cifar.training.experiment import Experiment
from lrcore.cifar.training.policies import Auto, OnPlateau
from lrcore.cifar.training.progress import Report
from lrcore.cifar.training.records import Records
from lrcore.cifar.training.run_folder import Epoch, RunFolder
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.trainer import Metrics, Update
from lrcore.plateau import Plateau, Reduction
from lrcore.schedules import Constant, Scaled, Schedule

VERSION = 1


class LearningRate:
    """The schedule that a run follows at present: a plateau lowers it after an epoch, a rollback halves it.

    Args:
        policy: What the run was asked to follow.

    Example:
        >>> learning_rate = LearningRate(OnPlateau(0.5, factor=0.5, patience=0))
        >>> [bool(learning_rate.on_epoch_end(loss)) for loss in (2.0, 2.0)], learning_rate.schedule
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

    def on_epoch_end(self, validation_loss: float) -> Reduction | None:
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
        """State of the run so far, in JSON types; the policy itself is configuration and not part of it."""
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
        schedule, scale = Schedule.from_dict(state["schedule"]), as_float("scale", state["scale"])
        self._plateau.load_state_dict(state["plateau"])
        self._schedule, self.scale = schedule, scale


MOST_ROLLBACKS = 10  # by then the learning rate is a thousandth of what was asked for


@dataclass
class EpochSums:
    """Sums over the updates of an unfinished epoch."""

    loss: float = 0.0
    correct: int = 0
    samples: int = 0
    seconds: float = 0.0

    def add(self, update: Update) -> None:
        """Take in one more update."""
        self.loss += update.loss * update.samples
        self.correct += update.correct
        self.samples += update.samples

    def metrics(self) -> Metrics:
        """Mean loss and accuracy so far."""
        return Metrics(self.loss / self.samples, self.correct / self.samples)


@dataclass
class RunState:
    """All that changes in a run, the trainer's tensors and the records aside.

    Args:
        learning_rate: The schedule, and what became of it.
        guard: What it has seen of the losses.
        step: Index of the next update.
        sums: Of the epoch that this update belongs to.
        history: The epochs that are done.
    """

    learning_rate: LearningRate
    guard: DivergenceGuard = field(default_factory=DivergenceGuard)
    step: int = 0
    sums: EpochSums = field(default_factory=EpochSums)
    history: list[Epoch] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The state in JSON types."""
        return {
            "learning_rate": self.learning_rate.state_dict(),
            "guard": self.guard.state_dict(),
            "step": self.step,
            "sums": asdict(self.sums),
            "history": [epoch.columns() for epoch in self.history],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `to_dict` described."""
        check_fields("the state of a run", state, self.to_dict())
        self.learning_rate.load_state_dict(state["learning_rate"])
        self.guard.load_state_dict(state["guard"])
        self.step = state["step"]
        self.sums = EpochSums(**state["sums"])
        self.history = [Epoch.from_columns(columns) for columns in state["history"]]


class Run:
    """Trains, epoch by epoch, and saves checkpoints; goes on from one bit for bit as if nothing had happened.

    Args:
        settings: What to do.
        experiment: Model, data and initial weights.
        folder: Where the checkpoints go.
        records: Where updates and epochs are written down.
        report: Told of each update.
    """

    def __init__(
        self, settings: Settings, experiment: Experiment, folder: RunFolder, records: Records, report: Report
    ) -> None:
        self._settings, self._experiment = settings, experiment
        self._folder, self._records, self._report = folder, records, report
        self.trainer = experiment.trainer(settings)
        assert not isinstance(settings.schedule, Auto)  # a range test has decided by now
        self.state = RunState(LearningRate(settings.schedule))
        self._started = time.perf_counter()  # of the present epoch

    @property
    def updates(self) -> int:
        """Number of updates of the whole run."""
        return self._settings.epochs * len(self._experiment.training)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint."""
        self.trainer.load(checkpoint.tensors)
        self.state.load(checkpoint.run["state"])

    def save(self) -> None:
        """Save a checkpoint of the present state."""
        self._records.flush()
        run = {"state": self.state.to_dict(), "log_lines": self._records.log_lines}
        checkpoint = Checkpoint(self._settings.model, self.state.step, self.trainer.state(), run)
        self._folder.checkpoints.save(checkpoint, self._settings.keep_checkpoints)

    def finish(self) -> None:
        """Do all updates that are left; after a divergence as the settings ask."""
        while self.state.step < self.updates:
            try:
                self._finish_epoch()
            except Diverged as diverged:
                self._roll_back(diverged)

    def _finish_epoch(self) -> None:
        epoch, done = divmod(self.state.step, len(self._experiment.training))
        self._started = time.perf_counter() - self.state.sums.seconds
        self.trainer.follow(self.state.learning_rate.schedule, self.state.step)
        with prefetch(self._experiment.training.epoch(epoch, start=done)) as batches:
            self.trainer.train(batches, len(self._experiment.training) - done, self.on_update)
        validation = Metrics.from_predictions(self._experiment.validation.predictions(self.trainer))
        last = self.state.step - 1
        self.state.guard.check_validation(last, self.state.learning_rate.schedule(last), validation.loss)
        self._end_epoch(epoch, Epoch(self.state.sums.metrics(), validation, time.perf_counter() - self._started))

    def _end_epoch(self, index: int, epoch: Epoch) -> None:
        self.state.history.append(epoch)
        self.state.sums = EpochSums()
        self._records.epoch(index, epoch, self.state.step)
        if reduction := self.state.learning_rate.on_epoch_end(epoch.validation.loss):
            lr = self.state.learning_rate.schedule(self.state.step)
            message = f"the validation loss no longer falls: learning rate reduced to {lr:.4g}"
            self.log_event("reduced", message, why=reduction.why)
        self._folder.write_history(self.state.history)
        self.save()

    def on_update(self, update: Update) -> None:
        """Write down an update that the trainer has done, judge it, and save a checkpoint where one is due."""
        self._records.update(update)
        self._report.update(update.step + 1, update.lr, update.loss)
        self.state.guard.check(update)
        self.state.sums.add(update)
        self.state.step = update.step + 1
        in_mid_epoch = self.state.step % len(self._experiment.training) != 0  # at its end there is more to be saved
        if in_mid_epoch and self.state.step % self._settings.checkpoint_every == 0:
            self.state.sums.seconds = time.perf_counter() - self._started
            self.save()

    def _roll_back(self, diverged: Diverged) -> None:
        """Go back to the last good checkpoint with half the learning rate, if that was asked for and may still help."""
        if self._settings.on_divergence != "rollback" or self.state.learning_rate.scale <= 0.5**MOST_ROLLBACKS:
            raise diverged
        # The loss of update t is that of the weights which a checkpoint of step t holds: such a one is no good either.
        self._folder.checkpoints.discard_after(diverged.step - 1)
        checkpoint = self._folder.checkpoints.latest()
        if checkpoint is None:
            raise diverged
        scale = self.state.learning_rate.scale
        self.restore(checkpoint)
        self.state.learning_rate.scale = scale  # halvings since the checkpoint count too
        self.state.learning_rate.halve()
        self._records.rewind(self.state.step)
        message = f"{diverged}; back to update {self.state.step} with {scale / 2:g} of the learning rate"
        self.log_event("rollback", message, step=self.state.step, scale=scale / 2)

    def log_event(self, kind: str, message: str, **details: Any) -> None:
        """Show what happened, and write it down."""
        self._records.event(kind, message=message, **details)
        self._report.log(message)
