"""The marks on a libvirt domain: that freezeframe may touch it, and that a pause of it is ours.

Owns both metadata elements. The first is that of `freezeframe.fleet.libvirt_import`, set by whoever
hands the VM to us; a list of names can stand in for it. The second is ours: it is set just before a
pause and taken off just after the resume, so whoever restarts finds it on exactly the VMs that it
has to resume. What it says counts only while the VM is paused with reason USER.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from xml.etree import ElementTree as ET

from freezeframe.adapters.libvirt.binding import Binding, Domain
from freezeframe.fleet.libvirt_import import NAMESPACE

HELD_NAMESPACE: Final = "urn:freezeframe:held:1"
"""Namespace of the element on a VM that we paused."""

STALE_MS: Final = 60_000
"""A mark on a running VM is left to whoever may be about to pause it, for so long."""

_KEY: Final = "freezeframe-held"
_ELEMENT: Final = 2  # VIR_DOMAIN_METADATA_ELEMENT
_LIVE, _CONFIG = 1, 2  # VIR_DOMAIN_AFFECT_…


class Marks:
    """Reads and writes the marks of domains; `named` replaces the mark that others set."""

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

    def is_held(self, domain: Domain) -> bool:
        """Whether it bears the mark of a pause of ours."""
        return self._read(domain, HELD_NAMESPACE, 0) is not None

    def is_stale(self, domain: Domain, wall_ms: int) -> bool:
        """Whether it bears a mark that is older than any pause takes to come about."""
        text = self._read(domain, HELD_NAMESPACE, 0)
        if text is None:
            return False
        since = ET.fromstring(text).get("since-wall-ms", "")  # noqa: S314 (libvirt has printed it)
        return not since.isdigit() or int(since) + STALE_MS < wall_ms

    def hold(self, domain: Domain, wall_ms: int) -> None:
        """Mark a running domain as about to be paused by us."""
        text = f'<held since-wall-ms="{wall_ms}"/>'
        domain.setMetadata(_ELEMENT, text, _KEY, HELD_NAMESPACE, _LIVE)

    def let_go(self, domain: Domain) -> None:
        """Take the mark of our pause off; none is as well."""
        try:
            domain.setMetadata(_ELEMENT, None, _KEY, HELD_NAMESPACE, _LIVE)
        except self._libvirt.libvirtError as error:
            if error.get_error_code() != self._libvirt.VIR_ERR_NO_DOMAIN_METADATA:
                raise

    def _read(self, domain: Domain, namespace: str, flags: int) -> str | None:
        try:
            return str(domain.metadata(_ELEMENT, namespace, flags))
        except self._libvirt.libvirtError as error:
            if error.get_error_code() == self._libvirt.VIR_ERR_NO_DOMAIN_METADATA:
                return None
            raise
