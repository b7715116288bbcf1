"""The second connection to a daemon is ended on every path, also where the daemon hangs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.libvirt.handling import LONG_MS, eventually

from freezeframe.adapters import ConnectionLost, open_adapter
from freezeframe.adapters.libvirt import LibvirtAdapter, aside
from freezeframe.adapters.libvirt.aside import Aside

DAEMON = "qemu:///system"


class Daemon:
    """Stands in for a daemon: connections to libvirt's test driver, made once they may be."""

    def __init__(self, binding: Any) -> None:
        """Answer at once."""
        self._binding = binding
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked: list[str] = []
        self.opened: list[Any] = []
        self.ended: list[Any] = []

    def connect(self, _binding: Any, uri: str) -> Any:
        self.asked.append(uri)
        self.may_answer.wait()
        self.opened.append(self._binding.open("test:///default"))
        return self.opened[-1]

    def disconnect(self, handle: Any) -> None:
        self.ended.append(handle)
        handle.close()


@pytest.fixture
def daemon(binding: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    standing_in = Daemon(binding)
    monkeypatch.setattr(aside, "connect", standing_in.connect)
    monkeypatch.setattr(aside, "disconnect", standing_in.disconnect)
    yield standing_in
    standing_in.may_answer.set()


@pytest.fixture
def domain(binding: Any) -> Iterator[Any]:
    handle = binding.open("test:///default")
    yield handle.lookupByName("test")
    handle.close()


def test_one_connection_is_kept_for_all_that_is_asked(
    binding: Any, daemon: Daemon, domain: Any
) -> None:
    second = Aside(binding, DAEMON)
    found = [second.domain(domain) for _ in range(3)]
    assert [each.UUIDString() for each in found] == [domain.UUIDString()] * 3
    assert daemon.asked == [DAEMON]
    second.close()
    assert daemon.ended == daemon.opened
    assert second.domain(domain) is domain, "nothing is opened any more"
    assert daemon.asked == [DAEMON]


def test_drivers_without_a_daemon_get_no_second_connection(
    binding: Any, daemon: Daemon, domain: Any
) -> None:
    for uri in ("test:///default", "qemu:///embed?root=/tmp/none"):
        assert Aside(binding, uri).domain(domain) is domain
    assert daemon.asked == []


def test_closing_waits_for_no_daemon_that_hangs_and_ends_what_is_opened_after_all(
    binding: Any, daemon: Daemon, domain: Any
) -> None:
    second = Aside(binding, DAEMON)
    daemon.may_answer.clear()
    asking = threading.Thread(target=second.domain, args=(domain,), daemon=True)
    asking.start()
    eventually(lambda: daemon.asked == [DAEMON])
    closing = threading.Thread(target=second.close, daemon=True)
    closing.start()
    closing.join(LONG_MS / 1000)
    assert not closing.is_alive()
    daemon.may_answer.set()
    asking.join(LONG_MS / 1000)
    assert len(daemon.opened) == 1
    assert daemon.ended == daemon.opened


@pytest.fixture
def adapter(
    binding: Any, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LibvirtAdapter]:
    """An adapter of the test driver that takes it for a daemon."""
    assert not daemon.asked
    local = open_adapter("test:///default", marked=["test"])
    assert isinstance(local, LibvirtAdapter)
    monkeypatch.setattr(local.link, "uri", DAEMON)
    yield LibvirtAdapter(binding, local.link, ["test"])
    local.close()


def test_a_closed_adapter_ends_its_second_connection_too(
    adapter: LibvirtAdapter, daemon: Daemon
) -> None:
    adapter.save("test", deadline_ms=LONG_MS).result()
    assert len(daemon.opened) == 1
    assert not daemon.ended
    adapter.close()
    assert daemon.ended == daemon.opened


def test_what_was_asked_by_a_second_connection_that_broke_has_an_unknown_outcome(
    adapter: LibvirtAdapter, binding: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first one lasts, but the answer may have been lost, not the request."""

    def broken(_binding: Any, _uri: str) -> Any:
        return binding.open(f"qemu+unix:///system?socket={tmp_path}/none")

    monkeypatch.setattr(aside, "connect", broken)
    with pytest.raises(ConnectionLost, match="its outcome is unknown"):
        adapter.save("test", deadline_ms=LONG_MS).result()
    assert adapter.vms(deadline_ms=LONG_MS), "the first one is still there"
