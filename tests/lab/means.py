"""What the conformance suite may use beside an adapter of a lab's host.

Owns how its abilities are had from libvirt, from the guests' witnesses and from the processes of
the lab. It must not know the suite's tests. Guests of a lab are made to be tested, so they may be
shut off, removed and crashed.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freezeframe.conformance import WitnessReport
from freezeframe.conformance.means.libvirt import DaemonMeans

from .processes import wait_for
from .watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from freezeframe.adapters.libvirt import LibvirtAdapter

    from .host import Host

BOOT_SECONDS_MAX = 60.0
"""How long a guest may take until its witness is heard and its agent answers."""

SILENT_SECONDS = 7
"""How long the agent of a guest stays silent; libvirt waits 5 s for it."""


class Witnesses:
    """The witnesses of guests, each followed as its heartbeats come."""

    def __init__(self, beats_files: Mapping[str, Path]) -> None:
        """Follow the guests whose recorded heartbeats are in these files, by name."""
        self._watchers = {name: Watcher(file) for name, file in beats_files.items()}

    def ask(self, vm: str) -> WitnessReport:
        """See `Witness`."""
        return self._watchers[vm].report()


class GuestMeans(DaemonMeans):
    """What can be had beside an adapter of a host with witness guests, however it is reached."""

    period_ms = 600
    """Six heartbeats; a machine with many guests is late now and then."""

    def __init__(
        self,
        adapter: LibvirtAdapter,
        witnesses: Witnesses,
        pid_of: Callable[[str], int | None],
    ) -> None:
        """Use the connection of `adapter`, not its methods; `pid_of` tells a guest's QEMU."""
        super().__init__(adapter)
        self._witnesses, self._pid_of = witnesses, pid_of
        self._texts: dict[str, str] = {}

    def define(self, vm: str, text: str) -> None:
        """Define and start a guest, and return at once."""
        self._link.handle("test", vm).defineXML(text).create()

    def ask(self, vm: str) -> WitnessReport:
        """See `Witness`."""
        return self._witnesses.ask(vm)

    def stop(self, vm: str) -> None:
        """See `StopsVms`."""
        self._domain(vm).destroy()

    def start(self, vm: str) -> None:
        """See `StopsVms`."""
        before = self.ask(vm).boot
        self._domain(vm).create()
        self.await_guest(vm, before)

    def await_guest(self, vm: str, boot: str) -> None:
        """Wait until a guest is heard of that was started after `boot`, and its agent answers."""
        wait_for(
            f"{vm} to be heard of", lambda: self.ask(vm).boot != boot or None, BOOT_SECONDS_MAX
        )
        wait_for(f"the agent of {vm}", lambda: self._agent_answers(vm) or None, BOOT_SECONDS_MAX)

    def delete(self, vm: str) -> None:
        """See `CreatesVms`."""
        domain = self._domain(vm)
        self._texts[vm] = domain.XMLDesc(_INACTIVE)
        domain.undefine()

    def create(self, vm: str) -> None:
        """See `CreatesVms`; it is defined once it runs, for a definition alone is shut off."""
        before, handle = self.ask(vm).boot, self._link.handle("test", vm)
        handle.createXML(self._texts[vm])
        handle.defineXML(self._texts[vm])
        self.await_guest(vm, before)

    def crash(self, vm: str) -> None:
        """See `CrashesVms`; its QEMU is killed, which is all that a crash is from outside."""
        pid = self._pid_of(vm)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            wait_for(f"{vm} to end", lambda: not self._domain(vm).isActive() or None, 10)

    def silence_agent(self, vm: str) -> None:
        """Have the guest agent answer nothing for `SILENT_SECONDS`."""
        script = f"kill -STOP $PPID; sleep {SILENT_SECONDS}; kill -CONT $PPID"
        self._ask_agent(vm, "guest-exec", {"path": "/bin/sh", "arg": ["-c", script]})
        wait_for(
            f"the agent of {vm} to be silent",
            lambda: not self._agent_answers(vm) or None,
            SILENT_SECONDS,
        )

    def _agent_answers(self, vm: str) -> bool:
        libvirt = importlib.import_module("libvirt")
        try:
            self._ask_agent(vm, "guest-ping")
        except libvirt.libvirtError:
            return False
        return True

    def _ask_agent(self, vm: str, command: str, arguments: Mapping[str, Any] | None = None) -> str:
        agent = importlib.import_module("libvirt_qemu")
        text = json.dumps({"execute": command, "arguments": arguments or {}})
        return str(agent.qemuAgentCommand(self._domain(vm), text, 1, 0))


class LabMeans(GuestMeans):
    """What can be had beside an adapter of a host in a lab, which has a daemon."""

    def __init__(self, adapter: LibvirtAdapter, host: Host, witnesses: Witnesses) -> None:
        """Use the connection of `adapter`, not its methods."""
        super().__init__(adapter, witnesses, lambda vm: host.outer_id(host.folder.guest_pid(vm)))
        self._host = host

    def lose_connection(self) -> None:
        """See `LosesConnection`; the host's daemon is killed, and started again."""
        self._host.kill_daemon()
        self._host.start_daemon()

    def connections(self) -> int:
        """See `CountsConnections`; as the kernel of the host counts them."""
        table = Path(f"/proc/{self._host.daemon_pid()}/net/unix").read_text(encoding="utf-8")
        rows = (line.split() for line in table.splitlines()[1:])
        return sum(row[5] == _CONNECTED and row[7:] == [_SOCKET] for row in rows)


_SOCKET = "/run/libvirt/libvirt-sock"
_CONNECTED = "03"
_INACTIVE = 2  # VIR_DOMAIN_XML_INACTIVE
