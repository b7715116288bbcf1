"""Hosts of libvirt's own test driver for processes that need one: the real binding, no guests.

Each process that opens one has a host of its own, so nothing that one of them does is seen by
another.
"""

from __future__ import annotations

from pathlib import Path

from freezeframe.fleet.libvirt_import import NAMESPACE

MARK = f'<f:placement xmlns:f="{NAMESPACE}" availability-set="web" update-domain="0"/>'


def write_host(path: Path, domains: dict[str, str]) -> str:
    """Write a host whose domains have this metadata; return its URI."""
    text = "".join(
        f'<domain type="test"><name>{name}</name><metadata>{metadata}</metadata>'
        "<memory>1024</memory><os><type>hvm</type></os></domain>"
        for name, metadata in domains.items()
    )
    path.write_text(f"<node>{text}</node>", encoding="utf-8")
    return f"test://{path}"
