"""The marks on a libvirt domain: that freezeframe may touch it, and that a stop of it is ours.

Owns both metadata elements. The first is that of `freezeframe.fleet.libvirt_import`, set by whoever
hands the VM to us; a list of names can stand in for it. The second is ours: it is set just before
we pause or shut down a VM and taken off just after it runs again, so whoever restarts finds it on
exactly the VMs that it has to resume or boot. What it says counts only while the VM is stopped in
that way: see `states.may_be_ours`. The mark of a pause is in the live definition and goes with it;
that of a shutdown is in the persistent one.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from freezeframe.adapters.libvirt.binding import Binding, Domain
from freezeframe.fleet.libvirt_import import NAMESPACE
from freezeframe.lifecycles import VmStatus

HELD_NAMESPACE: Final = "urn:freezeframe:held:1"
"""Namespace of the element on a VM that we stopped."""

STALE_MS: Final = 60_000
"""A mark on a running VM is left to whoever may be about to stop it, for so long."""

_ATTEMPTS: Final = 5
"""A collected object of the binding wipes out an error that is on its way, and with it the code
that tells whether there is no mark; so where there is no code the mark is read again."""

_KEY: Final = "freezeframe-held"
_ELEMENT: Final = 2  # VIR_DOMAIN_METADATA_ELEMENT
_LIVE, _CONFIG = 1, 2  # VIR_DOMAIN_AFFECT_…


class Held(NamedTuple):
    """Our mark: when it was set, in milliseconds of the Unix epoch, and what tells it from others.

    A mark that is not as we write it is one of time 0.
    """

    since_wall_ms: int
    token: str

    @property
    def is_stale(self) -> bool:
        """Whether it is older than any stop takes to come about."""
        return self.since_wall_ms + STALE_MS < time.time_ns() // 1_000_000


class Marks:
    """Reads and writes the marks of domains; `named` replaces the mark that others set.

    Every method may raise `libvirtError`.
    """

    def __init__(self, libvirt: Binding, named: Collection[str] | None) -> None:
        """Use the binding `libvirt`."""
        self._libvirt = libvirt
        self._named = None if named is None else frozenset(named)

    @property
    def wanted(self) -> str:
        """What a VM needs in order to be touched, as errors tell it."""
        if self._named is not None:
            return "a VM of the named list"
        return f"a VM with a placement element of {NAMESPACE} in its metadata"

    def is_marked(self, domain: Domain) -> bool:
        """Whether we may touch it; the persistent definition counts where the live one is mute."""
        if self._named is not None:
            return domain.name() in self._named
        text = self._read(domain, NAMESPACE, 0)
        if text is None and domain.isActive() and domain.isPersistent():
            text = self._read(domain, NAMESPACE, _CONFIG)
        return text is not None

    def held(self, domain: Domain, status: VmStatus) -> Held | None:
        """Our mark on a domain that has, or is to have, `status`."""
        if status is VmStatus.STOPPED and not domain.isPersistent():
            return None
        text = self._read(domain, HELD_NAMESPACE, _place(status))
        if text is None:
            return None
        element = ET.fromstring(text)  # noqa: S314 (libvirt has printed it itself)
        if element.get("status") != status:
            return None  # one of a shutdown was copied when somebody started the domain
        since = element.get("since-wall-ms", "")
        return Held(int(since) if since.isdigit() else 0, element.get("token", ""))

    def hold(self, domain: Domain, status: VmStatus, token: str) -> Held:
        """Mark a running domain as about to be stopped by us, so that it has `status`."""
        held = Held(time.time_ns() // 1_000_000, token)
        text = (
            f'<held status="{status}" since-wall-ms="{held.since_wall_ms}" token="{held.token}"/>'
        )
        domain.setMetadata(_ELEMENT, text, _KEY, HELD_NAMESPACE, _place(status))
        return held

    def let_go(self, domain: Domain, status: VmStatus) -> bool:
        """Take our mark off; whether there was one."""
        try:
            domain.setMetadata(_ELEMENT, None, _KEY, HELD_NAMESPACE, _place(status))
        except self._libvirt.libvirtError as error:
            if error.get_error_code() != self._libvirt.VIR_ERR_NO_DOMAIN_METADATA:
                raise
            return False
        return True

    def _read(self, domain: Domain, namespace: str, flags: int) -> str | None:
        for attempt in range(_ATTEMPTS):
            try:
                return str(domain.metadata(_ELEMENT, namespace, flags))
            except self._libvirt.libvirtError as error:
                code = error.get_error_code()
                if code == self._libvirt.VIR_ERR_NO_DOMAIN_METADATA:
                    return None
                if code is not None or attempt == _ATTEMPTS - 1:
                    raise
        return None


def _place(status: VmStatus) -> int:
    return _CONFIG if status is VmStatus.STOPPED else _LIVE
