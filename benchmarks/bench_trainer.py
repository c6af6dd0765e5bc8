"""What a trainer costs beside the bare step of its framework: wall time of an update, both models, both frameworks.

    python benchmarks/bench_trainer.py CIFAR_FOLDER

Bare is forward, loss, backward and the same SGD on one batch that lies ready, in a loop that does nothing else: in Keras
the compiled training step on tensors. The trainer's update comes with everything that `lrcore train` does: batches made from
images in a thread, schedule, loss and accuracy of the batch, trace, log, divergence guard, progress. Both are timed in
blocks of updates that take turns; the number is the median of the ratio of neighbouring blocks.
"""

from __future__ import annotations

BLOCKS = 15
UPDATES = {"quick": 40, "guide": 6}
