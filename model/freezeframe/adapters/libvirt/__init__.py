"""Hosts of libvirt; the binding is imported when one is opened.

It owns the names that others may use.
"""

from __future__ import annotations

from collections.abc import Collection

from freezeframe.adapters.libvirt.adapter import LibvirtAdapter, opened
from freezeframe.adapters.libvirt.binding import load

__all__ = ["LibvirtAdapter", "open_uri"]


def open_uri(uri: str, *, marked: Collection[str] | None = None) -> LibvirtAdapter:
    """Open the libvirt host at any URI that libvirt understands.

    `marked` names the VMs that may be touched; None leaves it to their metadata, see `marks`. What
    counts as paused by us, and what of that libvirt cannot tell, see `holds`.

    Raises:
        FreezeframeError: The binding is not installed.
        Unreachable: The host does not answer.

    """
    return opened(load(), uri, marked)
