"""What a trainer costs beside the bare step of its framework: wall time of an update, both models, both frameworks.

    python benchmarks/bench_trainer.py CIFAR_FOLDER

Bare is forward, loss, backward and the same SGD on one batch that lies ready, in a loop that does nothing else: in Keras
the compiled training step on tensors. The trainer's update comes with everything that `lrcore train` does: batches made from
images in a thread, schedule, loss and accuracy of the batch, trace, log, divergence guard, progress. Both are timed in
blocks of updates that take turns; the number is the median of the ratio of neighbouring blocks.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

from rich.console import Console

from lrcore.cifar.data import load
from lrcore.cifar.experiment import Experiment
from lrcore.cifar.progress import report_progress
from lrcore.cifar.records import Records
from lrcore.cifar.run import Run
from lrcore.cifar.run_folder import RunFolder
from lrcore.cifar.settings import Settings
from lrcore.cifar.trainer import Batch
from lrcore.schedules import Constant

BLOCKS = 15
UPDATES = {"quick": 40, "guide": 6}
