"""A host is maintained by one controller of a machine at a time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from freezeframe.maintenance.locks import HeldError, locked_hosts

HOLDS = """
import sys
from freezeframe.maintenance.locks import locked_hosts

with locked_hosts(sys.argv[1:]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_host_is_held_by_one_process_until_that_dies() -> None:
    held, free = "test:///held-by-a-test", "test:///free-for-a-test"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, held], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with (
            pytest.raises(HeldError, match=f"{held}: expected no other.*process {child.pid}"),
            locked_hosts([free, held]),
        ):
            pass
        with locked_hosts([free]):
            pass
        child.kill()
    with locked_hosts([free, held]):
        pass
