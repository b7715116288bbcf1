"""The clock of a libvirt guest, read and set through its agent.

Owns what is asked of the agent, and how it is told that there is none. It must not know why a clock
is wrong.
"""

from __future__ import annotations

import time
from typing import Final
from xml.etree import ElementTree as ET

from freezeframe.adapters.libvirt.binding import Domain
from freezeframe.adapters.values import ClockReading, Support

AGENT_CHANNEL: Final = "org.qemu.guest_agent.0"

TOLERANCE_MS: Final = 1_000
"""A clock that is further off just after it was set was not set."""


def agent(domain: Domain) -> Support:
    """Whether a domain's guest agent is there, as its live XML tells."""
    root = ET.fromstring(domain.XMLDesc(0))  # noqa: S314 (libvirt has printed it itself)
    for channel in root.iterfind("devices/channel"):
        target = channel.find("target")
        if target is not None and target.get("name") == AGENT_CHANNEL:
            if target.get("state") == "connected":
                return Support(is_offered=True)
            why = "no guest agent is connected; install qemu-guest-agent in the guest, or start it"
            return Support(is_offered=False, why=why)
    why = f"the domain has no channel {AGENT_CHANNEL} for a guest agent"
    return Support(is_offered=False, why=why)


def reading(domain: Domain) -> ClockReading:
    """How far the guest's clock is from this machine's; raises `libvirtError`."""
    before_ns = time.time_ns()
    told = domain.getTime()
    after_ns = time.time_ns()
    guest_ns = told["seconds"] * 1_000_000_000 + told["nseconds"]
    offset_ns = guest_ns - (before_ns + after_ns) // 2
    return ClockReading(round(offset_ns / 1_000_000), (after_ns - before_ns) // 2_000_000 + 1)


def set_right(domain: Domain) -> ClockReading:
    """Give the agent this machine's time, and read the clock afterwards; raises `libvirtError`.

    The agent's own way, from the guest's hardware clock, leaves it off by up to 1.5 s.
    """
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    domain.setTime({"seconds": seconds, "nseconds": nanoseconds})
    return reading(domain)


def is_right(found: ClockReading) -> bool:
    """Whether a clock that was just set is as it was set."""
    return abs(found.offset_ms) <= TOLERANCE_MS + found.uncertainty_ms
