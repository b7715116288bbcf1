"""What commands that serve scheduled events say of where, and for whom.

Owns these lines. It must not know what is served, nor for how long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .console import complain, say

if TYPE_CHECKING:
    from freezeframe.scheduled_events.service import Listener

EVENTS_PATH = "/metadata/scheduledevents?api-version=2020-07-01"


def tell_where(listeners: Sequence[Listener]) -> None:
    """Say where each VM asks, and warn if not only this machine can."""
    from freezeframe.scheduled_events.service import urls_of  # noqa: PLC0415 (help does without)

    urls = urls_of(listeners)
    for vm, url in urls.items():
        say(f"  {vm} asks at {url}{EVENTS_PATH}\n")
    for each in listeners:
        if each.vm not in urls:
            say(f"  {each.vm or 'each VM with an address'} asks at {each}\n")
    if not all(each.is_local for each in listeners):
        complain("Not only this machine can reach it: guard the address as you would a console.")


def tell_unread(vms: Sequence[str]) -> None:
    """Say for whom a service goes on although the maintenance has ended."""
    from freezeframe.scheduled_events.service import PATIENCE_SECONDS  # noqa: PLC0415 (likewise)

    say(f"Events are served {PATIENCE_SECONDS:g} s more at most, until read by: {', '.join(vms)}\n")
