"""The modules of a program that some parameters belong to."""

from __future__ import annotations

import gc
from collections.abc import Iterable

from torch import Tensor
from torch.nn import Module


def modules_with(parameters: Iterable[Tensor]) -> list[Module]:
    """The live modules that hold any of `parameters`, themselves or in a submodule."""
    wanted = {id(parameter) for parameter in parameters}
    return [module for module in _live_modules() if any(id(own) in wanted for own in module.parameters())]


def _live_modules() -> list[Module]:
    # By type: isinstance would ask foreign objects for their __class__, which may run code of theirs.
    found = [each for each in gc.get_objects() if issubclass(type(each), Module)]
    return [module for module in found if "_parameters" in vars(module)]  # a module within its __init__ may have none
