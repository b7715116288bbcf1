"""Hosts of libvirt's own test driver, written to a file each: the real binding, no real guest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.maintenance.hosts import MARK, write_host

from freezeframe.adapters.libvirt import LibvirtAdapter, open_uri

Opener = Callable[..., LibvirtAdapter]


@pytest.fixture(name="binding")
def libvirt_binding() -> Any:
    return pytest.importorskip(
        "libvirt", reason="needs libvirt's Python binding: install freezeframe[libvirt]"
    )


@pytest.fixture(name="open_host")
def opener(binding: Any, tmp_path: Path) -> Iterator[Opener]:
    """Open a host of the test driver with the domains a and b marked, and c not."""
    assert binding is not None
    opened: list[LibvirtAdapter] = []

    def open_host(**options: Any) -> LibvirtAdapter:
        uri = write_host(tmp_path / f"{len(opened)}.xml", {"a": MARK, "b": MARK, "c": ""})
        opened.append(open_uri(uri, **options))
        return opened[-1]

    yield open_host
    for adapter in opened:
        adapter.close()


@pytest.fixture(name="adapter")
def one_host(open_host: Opener) -> LibvirtAdapter:
    return open_host()
