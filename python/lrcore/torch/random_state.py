"""The random generators that a training step may draw from."""

from __future__ import annotations

import random
from collections.abc import Iterable

import numpy as np
import torch


class RandomState:
    """The states, at construction, of Python's, NumPy's and torch's global generators and of `generators`."""

    def __init__(self, generators: Iterable[torch.Generator]) -> None:
        self._python = random.getstate()
        self._numpy = np.random.get_state()
        self._torch = torch.get_rng_state()
        # Asking for CUDA's states starts CUDA; while it has not been started, nothing has drawn from them.
        has_drawn = torch.cuda.is_initialized()
        self._cuda = torch.cuda.get_rng_state_all() if has_drawn else []
        self._generators = [(generator, generator.get_state()) for generator in generators]

    def restore(self) -> None:
        """Put every generator back to its state."""
        random.setstate(self._python)
        np.random.set_state(self._numpy)
        torch.set_rng_state(self._torch)
        torch.cuda.set_rng_state_all(self._cuda)
        for generator, state in self._generators:
            generator.set_state(state)
