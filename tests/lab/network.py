"""The network of a lab's guests.

Owns how the bridges of several hosts become one network. It must not know what is said on it.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from .layout import BRIDGE
from .requirements import program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .host import Host


def join(hosts: Sequence[Host]) -> None:
    """Make one network of the bridges of `hosts`; the addresses there are the first one's alone."""
    first, *others = hosts
    for host in others:
        port = f"to-{host.name}"
        peer = ("peer", "name", "uplink", "netns", str(host.first_pid()))
        _ip(first, "link", "add", port, "type", "veth", *peer)
        _ip(host, "address", "flush", "dev", BRIDGE)
        for end, name in ((first, port), (host, "uplink")):
            _ip(end, "link", "set", name, "master", BRIDGE, "up")


def on_network_of(host: Host) -> tuple[str, ...]:
    """Return the command that runs what follows it on the network of a host."""
    return (program("nsenter"), "--net", "--target", str(host.first_pid()))


def _ip(host: Host, *arguments: str) -> None:
    subprocess.run([*on_network_of(host), program("ip"), *arguments], check=True)
