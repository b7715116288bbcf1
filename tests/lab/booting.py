"""Boots the guests of a lab's hosts.

Owns their definition, and when they count as up. It must not know how hosts are started.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import probed
from .domain import Port, Ram, domain_xml
from .host import Guest, quiet
from .processes import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .image import Image

GUEST_SECONDS_MAX = 120.0
"""How long the guests together may take until their agents answer, on a slow machine."""

_PING = '{"execute":"guest-ping"}'
_PING_SECONDS = 1


def boot(guests: Sequence[Guest], built: Image, ram: Ram, memory_mib: int, cache: Path) -> None:
    """Define and start guests, and wait for their agents and heartbeats.

    Raises:
        LabError: They did not come within `GUEST_SECONDS_MAX`.

    """
    for guest in guests:
        folder = guest.host.folder
        text = domain_xml(
            guest.name,
            built,
            Port("file", folder.console(guest.name)),
            Port("unix", folder.socket(guest.name)),
            placement=guest.placement,
            ram=ram,
            memory_mib=memory_mib,
        )
        probed.hand_over(cache, folder.probed)
        with quiet(), guest.host.connection() as held:
            held.defineXML(text).create()
        probed.keep(cache, folder.probed)
    for guest in guests:
        with quiet(), guest.host.connection() as held:
            _await_agent(held.lookupByName(guest.name))
        guest.wait_for_beats(0 if guest.beats() else 1, GUEST_SECONDS_MAX)


def _await_agent(domain: Any) -> None:
    libvirt, agent = map(importlib.import_module, ("libvirt", "libvirt_qemu"))

    def answers() -> bool | None:
        try:
            agent.qemuAgentCommand(domain, _PING, _PING_SECONDS, 0)
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_AGENT_UNRESPONSIVE:
                return None
            raise
        return True

    wait_for(f"the agent of {domain.name()} to answer", answers, GUEST_SECONDS_MAX)
