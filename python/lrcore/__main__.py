"""The `lrcore` command."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line; bad input ends in one sentence on stderr and exit status 2."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow loads: its C++ log is not for users
    try:
        from lrcore.cli import app
    except ImportError as error:
        if error.name is None or error.name.startswith("lrcore"):
            raise
        print(f"lrcore: error: the command line needs {error.name}: pip install 'lrcore[cifar]'", file=sys.stderr)
        return 2
    try:
        app(prog_name="lrcore")
    except (ValueError, OSError, ImportError) as error:
        print(f"lrcore: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
