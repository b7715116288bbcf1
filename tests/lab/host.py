"""A host of a lab and its guests, as tests use them.

Owns what can be done to one host from outside: reach it, read what its guests report, kill its
daemon and start it again. It must not know how the lab was brought up.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import LabError
from .processes import first_process, outer_id, wait_for
from .witness import Beat, Observation, observe, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .layout import HostFolder

_AGENT_SECONDS_MAX = 10

DAEMON_SECONDS_MAX = 60.0
"""How long a daemon may take to answer."""


@dataclass(frozen=True)
class Guest:
    """A witness guest: a domain of that name, and its place in an availability set.

    One without a place is not marked for freezeframe.
    """

    name: str
    host: Host
    availability_set: str | None
    update_domain: int | None

    @property
    def placement(self) -> tuple[str, int] | None:
        """Its availability set and update domain, None if it is not marked."""
        if self.availability_set is None or self.update_domain is None:
            return None
        return self.availability_set, self.update_domain

    @property
    def beats_file(self) -> Path:
        """The recorded heartbeats, as `recorded` reads them."""
        return self.host.folder.beats(self.name)

    @property
    def console_file(self) -> Path:
        """What the guest's kernel printed since its last start."""
        return self.host.folder.console(self.name)

    def beats(self) -> list[Beat]:
        """Return the heartbeats recorded so far."""
        return recorded(self.beats_file.read_text(encoding="ascii"))

    def observation(self) -> Observation:
        """Return what the heartbeats so far show."""
        return observe(self.beats())

    def pid(self) -> int | None:
        """Return the id of the guest's QEMU as this process counts; None if it does not run."""
        return self.host.outer_id(self.host.folder.guest_pid(self.name))

    def run(self, script: str, seconds_max: float = 30.0) -> str:
        """Run a script of the guest's shell, by its agent; return what it printed.

        Raises:
            LabError: It failed, or did not end within `seconds_max`.

        """
        with quiet(), self.host.connection() as held:
            domain = held.lookupByName(self.name)
            order = {"path": "/bin/sh", "arg": ["-c", script], "capture-output": True}
            begun = _agent(domain, "guest-exec", order)

            def ended() -> dict[str, Any] | None:
                status: dict[str, Any] = _agent(domain, "guest-exec-status", begun)
                return status if status["exited"] else None

            status = wait_for(f"a script of {self.name} to end", ended, seconds_max)
        if status["exitcode"]:
            said = base64.b64decode(status.get("err-data", "")).decode(errors="replace")
            raise LabError(f"{self.name}: expected a script to succeed, found: {said}")
        return base64.b64decode(status.get("out-data", "")).decode()

    def wait_for_beats(self, more: int, seconds_max: float = 30.0) -> list[Beat]:
        """Wait until at least `more` heartbeats than now are recorded; return all.

        Raises:
            LabError: They did not come within `seconds_max`.

        """
        wanted = len(self.beats()) + more

        def enough() -> list[Beat] | None:
            beats = self.beats()
            return beats if len(beats) >= wanted else None

        return wait_for(f"{more} more heartbeats of {self.name}", enough, seconds_max)


@dataclass(frozen=True)
class Host:
    """A host: its name is that which its daemon reports."""

    name: str
    folder: HostFolder
    token: str

    @property
    def uri(self) -> str:
        """The URI of its daemon."""
        return self.folder.uri

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """Hold a connection of `libvirt` to the host's daemon, which is closed at the end."""
        held = importlib.import_module("libvirt").open(self.uri)
        try:
            yield held
        finally:
            held.close()

    def first_pid(self) -> int:
        """Return the id, as this process counts, of the first process of the host's namespaces.

        Raises:
            LabError: The host does not run.

        """
        first = first_process(self.token, self.folder.path)
        if first is None:
            raise LabError(f"expected the host {self.name} to run, found that it does not")
        return first

    def daemon_pid(self) -> int | None:
        """Return the id of the host's libvirtd as this process counts; None if it does not run."""
        return self.outer_id(self.folder.daemon_pid)

    def kill_daemon(self) -> None:
        """End the host's libvirtd at once, as a crash would; its guests go on."""
        pid = self.daemon_pid()
        if pid is None:
            raise LabError(f"expected the daemon of {self.name} to run, found that it does not")
        os.kill(pid, signal.SIGKILL)
        wait_for(
            f"the daemon of {self.name} to end",
            lambda: True if self.daemon_pid() != pid else None,
            DAEMON_SECONDS_MAX,
        )

    def start_daemon(self) -> None:
        """Start the host's libvirtd if it does not run; return when it answers."""

        def started() -> bool | None:
            first = self.first_pid()
            if self.daemon_pid() is None:
                os.kill(first, signal.SIGHUP)
            return self.answers()

        wait_for(f"the daemon of {self.name} to answer", started, DAEMON_SECONDS_MAX)

    def answers(self) -> bool | None:
        """Return True if the daemon answers, else None."""
        libvirt = importlib.import_module("libvirt")
        with quiet():
            try:
                with self.connection() as held:
                    return bool(held.isAlive()) or None
            except libvirt.libvirtError:
                return None

    def outer_id(self, pid_file: Path) -> int | None:
        """Return the id, as this process counts, of the process that a file of the host names."""
        try:
            inner = int(pid_file.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None
        first = first_process(self.token, self.folder.path)
        return None if first is None else outer_id(first, inner)


def _agent(domain: Any, command: str, arguments: dict[str, Any]) -> Any:
    """Ask a guest's agent, and return what it answers."""
    text = json.dumps({"execute": command, "arguments": arguments})
    answer = importlib.import_module("libvirt_qemu").qemuAgentCommand(
        domain, text, _AGENT_SECONDS_MAX, 0
    )
    return json.loads(answer)["return"]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep libvirt from printing the errors that it also raises."""
    libvirt = importlib.import_module("libvirt")
    libvirt.registerErrorHandler(lambda *_: None, None)
    try:
        yield
    finally:
        libvirt.registerErrorHandler(None, None)
