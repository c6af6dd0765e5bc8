"""Public names under the package that exports them, not the private file that defines them."""

from __future__ import annotations

import sys


def set_public_module(package: str) -> None:
    """Set `__module__` of what `package` exports and a private file of it defines to `package`.

    So pickles, reprs and documentation stay the same when a private file is renamed.
    """
    namespace = vars(sys.modules[package])
    for name in namespace["__all__"]:
        public = namespace[name]
        # What another package defines, as torch its LRScheduler, keeps its own; a string has none.
        if getattr(public, "__module__", "").startswith(f"{package}.") and "._" in public.__module__:
            public.__module__ = package
