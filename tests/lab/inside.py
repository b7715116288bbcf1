"""First process of a host on which the lab runs no daemon: `… -m tests.lab.inside FOLDER COMMAND…`.

Owns that the host is a machine of its own, and that what is orphaned on it is reaped, while COMMAND
runs there. All of it ends with this process. It must not know what COMMAND does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .layout import HostFolder
from .supervisor import prepare


def main() -> int:
    """Run the command on the host; return its exit code."""
    folder, *command = sys.argv[1:]
    prepare(HostFolder(Path(folder)))
    child = subprocess.Popen(command)
    while True:
        pid, status = os.wait()
        if pid == child.pid:
            child.returncode = os.waitstatus_to_exitcode(status)  # it is waited for
            return child.returncode


if __name__ == "__main__":
    sys.exit(main())
