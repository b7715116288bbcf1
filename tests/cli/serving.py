"""Commands that serve scheduled events, each in a process of its own, and a client of them.

Owns what the tests of such commands share. It must not know what they assert.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LISTEN = "127.0.0.1:0=web-0"
POLL_SECONDS = 0.5
"""How often the client asks, at least; more than 5 requests a second are refused."""


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Have a command running; whatever is left of it is ended."""
    with subprocess.Popen(
        [sys.executable, "-m", "freezeframe.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def url_of(process: subprocess.Popen[str], vm: str = "web-0") -> str:
    """Where a VM asks, once that was said."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(rf"{vm} asks at (\S+)", line):
            return found[1]
    raise AssertionError(process.communicate())


def read(url: str) -> dict[str, Any]:
    """The document that is shown at `url`."""
    document: dict[str, Any] = json.loads(_sent(url))
    return document


def read_until(url: str, *, has_events: bool) -> dict[str, Any]:
    """The first document from now on that has events, or has none."""
    while bool((document := read(url))["Events"]) is not has_events:
        time.sleep(POLL_SECONDS)
    return document


def approve(url: str, event_id: str) -> None:
    """Approve an event that was read at `url`."""
    _sent(url, json.dumps({"StartRequests": [{"EventId": event_id}]}).encode())


def _sent(url: str, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, body, {"Metadata": "true"})  # noqa: S310 (loopback)
    with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310 (likewise)
        answer: bytes = reply.read()
    return answer
