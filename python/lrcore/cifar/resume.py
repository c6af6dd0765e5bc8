"""Going on with a run that was interrupted, where it stands or in a new folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lrcore.cifar.checkpoint import Checkpoint
from lrcore.cifar.data import Dataset
from lrcore.cifar.run_folder import RunFolder
from lrcore.cifar.settings import OPTIONS_OF_TORCH, Settings
from lrcore.cifar.training import run_config


@dataclass(frozen=True)
class Interrupted:
    """A run that can be gone on with.

    Args:
        folder: Where it stands.
        settings: What it was asked to do.
        data_sha256: Of the images and labels that it saw.
        checkpoint: Its last state; None when it had not begun.
    """

    folder: RunFolder
    settings: Settings
    data_sha256: str
    checkpoint: Checkpoint | None

    @classmethod
    def open(cls, path: Path) -> Interrupted:
        """Read the run in this folder.

        Raises:
            ValueError: When it is no run folder, finished or damaged.
        """
        folder = RunFolder.open(path)
        if folder.is_finished:
            raise ValueError(f"run {path} is finished: there is nothing to resume")
        config = folder.read_config()
        try:
            settings, sha256 = Settings.from_dict(config["settings"]), config["data"]["sha256"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path / 'config.json'} is not the config of a run that can be resumed") from error
        return cls(folder, settings, sha256, folder.checkpoints.latest())

    def in_framework(self, framework: str | None) -> Settings:
        """The settings for going on in this framework, None being that of the run."""
        if framework in (None, self.settings.framework):
            return self.settings
        of_torch = {name: Settings.__dataclass_fields__[name].default for name in OPTIONS_OF_TORCH}
        return Settings.from_dict({**self.settings.to_dict(), **of_torch, "framework": framework})

    def go_on_in(self, out: Path | None, settings: Settings, data: Dataset) -> RunFolder:
        """The folder to go on in: that of the run, or a new one that gets a copy of its records.

        Raises:
            ValueError: When these are not its data, the framework changes and there is no new folder, or the new folder
                is not empty.
            OSError: When it cannot be written.
        """
        self._require_same(data)
        if out is None:
            if settings.framework != self.settings.framework:
                raise ValueError(f"--out must name a new folder to go on in {settings.framework}")
            return self.folder
        config = {**run_config(settings, data), "resumed_from": str(self.folder.path.resolve())}
        folder = RunFolder.create(out, config)
        if self.checkpoint is not None:
            for name in ("trace.csv", "log.jsonl", "history.csv", "range_test.json", "range_test.png"):
                if (self.folder.path / name).exists():
                    shutil.copyfile(self.folder.path / name, folder.path / name)
            folder.checkpoints.save(self.checkpoint)
        return folder

    def _require_same(self, data: Dataset) -> None:
        if data.sha256 != self.data_sha256:
            raise ValueError(
                f"{data.source} does not hold the data of run {self.folder.path}: their SHA-256 is {data.sha256}, "
                f"not {self.data_sha256}"
            )
