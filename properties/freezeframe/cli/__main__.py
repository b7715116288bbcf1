"""The command `freezeframe`, as a process.

Owns what Ctrl-C ends in, at whatever moment it is pressed; so it imports nothing before it listens.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process; `arguments` are those of the process by default."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        from .commands import answer  # noqa: PLC0415 (Ctrl-C may come while it is loaded)

        return answer(arguments)
    except KeyboardInterrupt:
        with suppress(OSError, AttributeError):  # standard error is closed
            sys.stderr.write("Interrupted: nothing was decided.\n")
        return 3


if __name__ == "__main__":
    main()
