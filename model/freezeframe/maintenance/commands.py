"""Updates hosts by the commands that the fleet file names for them.

Owns how a command is begun, awaited and stopped, and the words for what became of it. Running it is
`supervisor`'s affair. It must not know when hosts are updated.

A command is any program. It runs in a process group of its own, with this in its environment:

* `FREEZEFRAME_OPERATION`: `update` or `roll back`;
* `FREEZEFRAME_HOST`, `FREEZEFRAME_URI`: the host's name and adapter in the fleet file;
* `FREEZEFRAME_VMS`: the names by which it knows its VMs, one a line;
* `FREEZEFRAME_DEADLINE_SECONDS`: after how many seconds its whole group is killed.

Exit code 0 says that it is done, and anything else that it failed. It is killed without warning
when its time is up or when it is to be rolled back, so the rollback has to cope with an update that
was cut anywhere, and with one that was not begun.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from freezeframe.adapters.errors import (
    AdapterError,
    CapabilityError,
    Failed,
    Refusal,
    Refused,
    TimedOut,
)
from freezeframe.adapters.machine_clock import MachineClock, boot_id
from freezeframe.fleet import Fleet, Host
from freezeframe.observation import Operation

from . import supervisor
from .supervisor import Specification, State
from .watchdog.leases import Beneath

_CLOCK: Final = MachineClock()

_NEVER_MS: Final = 2**63

_LOOK_SECONDS: Final = 0.02
"""How often a call looks whether its command has ended."""

STOP_MS: Final = 2_000
"""How long a command may take to be gone after its group was killed; it is a few milliseconds."""

_NOT_BEGUN: Final = {"not started", "too late"}

_SHOWN_MAX: Final = 300
"""Characters of a command's output that an error repeats."""


class HostCommands:
    """The commands of one host; fills `UpdatesHost`.

    What became of them is kept in a folder, so whoever opens the same folder later, also after the
    death of the process that began them, goes on where they are.
    """

    def __init__(self, fleet: Fleet, host: Host, folders: Path) -> None:
        """Keep what is to be kept below `folders`, which is made."""
        self._host = host
        self._vms = tuple(vm.domain or vm.name for vm in fleet.vms if vm.host == host.name)
        self._update_ms = fleet.update_timeout_ms(host)
        self._rollback_ms = fleet.rollback_timeout_ms(host)
        self._folder = folders / hashlib.sha256(host.name.encode()).hexdigest()[:16]
        self._folder.mkdir(parents=True, exist_ok=True)

    @property
    def has_new_software(self) -> bool:
        """See `UpdatesHost`; what the commands so far have come to."""
        state = supervisor.read_state(self._folder)
        return state is not None and state.has_new_software

    def beneath(self) -> Beneath:
        """How the commands so far have left the host, whoever began them."""
        ends_at_ms = _CLOCK.monotonic_ms() + STOP_MS
        while supervisor.is_locked(self._folder):
            state = supervisor.read_state(self._folder)
            if state is not None and state.ended is None:
                return Beneath.UPDATING if state.is_update else Beneath.ROLLING_BACK
            if _CLOCK.monotonic_ms() > ends_at_ms:
                return Beneath.UPDATING  # it says nothing, so the worst is taken for granted
            time.sleep(_LOOK_SECONDS)  # it has just begun, or is about to end
        state = supervisor.read_state(self._folder)
        if state is None or not state.is_update or state.ended in _NOT_BEGUN:
            return Beneath.SETTLED
        return Beneath.SETTLED if _is_success(state) else Beneath.BROKEN

    @property
    def under_way(self) -> Operation | None:
        """See `AttendsUpdate`; an update that failed is under way until it is rolled back."""
        beneath = self.beneath()
        if beneath is Beneath.ROLLING_BACK:
            return Operation.ROLL_BACK
        return None if beneath is Beneath.SETTLED else Operation.UPDATE

    def update(self, *, deadline_ms: int, begins_before_ms: int = _NEVER_MS) -> CommandCall:
        """See `UpdatesHost`; refused from `begins_before_ms` on, on the clock of this machine."""
        command = self._host.update_command
        return self._begin(command, Operation.UPDATE, deadline_ms, begins_before_ms)

    def roll_back(self, *, deadline_ms: int) -> CommandCall:
        """See `UpdatesHost`; stops an update that is under way first."""
        try:
            if self.beneath() is not Beneath.ROLLING_BACK:
                self.stop()
        except Failed as error:
            return self._not_begun(Operation.ROLL_BACK, error, deadline_ms)
        return self._begin(self._host.rollback_command, Operation.ROLL_BACK, deadline_ms, _NEVER_MS)

    def attend(self, *, deadline_ms: int) -> CommandCall | None:
        """A call for what was begun last, be it by a process that died; None if nothing was."""
        state = supervisor.read_state(self._folder)
        if state is None:
            return None
        operation = Operation.UPDATE if state.is_update else Operation.ROLL_BACK
        place = (self._host.name, operation, self._folder, state.token)
        return CommandCall(*place, deadline_ms=deadline_ms)

    def stop(self) -> None:
        """Kill what is under way; when it returns, nothing of it runs.

        Raises:
            Failed: It would not end.

        """
        state = supervisor.read_state(self._folder)
        if state is not None:
            supervisor.stop(state, boot_id())
        ends_at_ms = _CLOCK.monotonic_ms() + STOP_MS
        while supervisor.is_locked(self._folder):
            if _CLOCK.monotonic_ms() > ends_at_ms:
                text = f"expected the command to be gone within {STOP_MS} ms, found it running"
                raise Failed(text, host=self._host.name, operation="stop the command")
            time.sleep(_LOOK_SECONDS)

    def _begin(
        self,
        command: Sequence[str],
        operation: Operation,
        deadline_ms: int,
        begins_before_ms: int,
    ) -> CommandCall:
        if not command:
            text = "expected a command for it in the fleet file, found none"
            error = CapabilityError(text, host=self._host.name, operation=operation)
            return self._not_begun(operation, error, deadline_ms)
        is_update = operation is Operation.UPDATE
        timeout_ms = self._update_ms if is_update else self._rollback_ms
        what = Specification(
            folder=str(self._folder.absolute()),
            boot=boot_id(),
            token=uuid.uuid4().hex,
            command=tuple(command),
            is_update=is_update,
            begins_before_ms=begins_before_ms,
            ends_at_ms=_CLOCK.monotonic_ms() + timeout_ms,
        )
        child = subprocess.Popen(  # noqa: S603 (a script of ours)
            [sys.executable, "-I", "-S", supervisor.__file__, json.dumps(asdict(what))],
            env=os.environ | self._environment(operation, timeout_ms),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        threading.Thread(target=child.wait, name="freezeframe-command", daemon=True).start()
        place = (self._host.name, operation, self._folder, what.token)
        return CommandCall(*place, deadline_ms=deadline_ms, child=child)

    def _not_begun(self, operation: Operation, why: AdapterError, deadline_ms: int) -> CommandCall:
        place = (self._host.name, operation, self._folder, "")
        return CommandCall(*place, deadline_ms=deadline_ms, error=why)

    def _environment(self, operation: Operation, timeout_ms: int) -> dict[str, str]:
        return {
            "FREEZEFRAME_OPERATION": operation.value,
            "FREEZEFRAME_HOST": self._host.name,
            "FREEZEFRAME_URI": self._host.uri or "",
            "FREEZEFRAME_VMS": "\n".join(self._vms),
            "FREEZEFRAME_DEADLINE_SECONDS": f"{timeout_ms / 1000:g}",
        }


class CommandCall:
    """A command that was begun; fills `Call`."""

    def __init__(
        self,
        host: str,
        operation: Operation,
        folder: Path,
        token: str,
        *,
        deadline_ms: int,
        child: subprocess.Popen[bytes] | None = None,
        error: AdapterError | None = None,
    ) -> None:
        """Await the command of that token; `child` is its supervisor if this process began it, and
        `error` why it was not begun at all.
        """
        self._host, self._operation = host, operation
        self._folder, self._token, self._child = folder, token, child
        self._deadline_ms = deadline_ms
        self._ends_at_ms = _CLOCK.monotonic_ms() + deadline_ms
        self._error = error
        self._is_over = error is not None

    @property
    def is_done(self) -> bool:
        """See `Call`."""
        if not self._is_over:
            self._look()
        return self._is_over

    def result(self) -> None:
        """See `Call`."""
        while not self.is_done:
            time.sleep(_LOOK_SECONDS)
        if self._error is not None:
            raise self._error

    def _look(self) -> None:
        was_at_work = self._is_at_work
        state = supervisor.read_state(self._folder)
        is_ours = state is not None and state.token == self._token
        if state is not None and is_ours and state.ended is not None:
            self._end(_error(state, self._host, self._operation))
        elif not was_at_work:
            self._end(self._lost(state if is_ours else None))
        elif _CLOCK.monotonic_ms() >= self._ends_at_ms:
            text = f"expected it to end within {self._deadline_ms} ms, found it running"
            self._end(TimedOut(text, host=self._host, operation=self._operation))

    @property
    def _is_at_work(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return supervisor.is_locked(self._folder)

    def _lost(self, state: State | None) -> AdapterError:
        """What to tell of a command of whose end nothing is written."""
        if state is None and self._child is not None and self._child.returncode:
            text = "expected no command of this host to be under way, found another one"
            reason = Refusal.ILLEGAL_STATE
            return Refused(text, reason=reason, host=self._host, operation=self._operation)
        if state is None:
            text = "expected no other command to be begun before it ended, found one"
            return Failed(text, host=self._host, operation=self._operation)
        supervisor.stop(state, boot_id())
        text = "expected its supervisor to live, found that it was killed; killed the command too"
        return Failed(text, host=self._host, operation=self._operation)

    def _end(self, error: AdapterError | None) -> None:
        self._error, self._is_over = error, True


def _is_success(state: State) -> bool:
    return (state.ended, state.found) == ("exited", "0")


def _error(state: State, host: str, operation: Operation) -> AdapterError | None:
    """What to tell of a command that ended; None if it succeeded."""
    if _is_success(state):
        return None
    if state.ended == "too late":
        text = "expected it to begin while its VMs stand still, found that they may run by now"
        return Refused(text, reason=Refusal.ILLEGAL_STATE, host=host, operation=operation)
    expected, found = {
        "exited": ("exit code 0", f"exit code {state.found}"),
        "killed": ("exit code 0", f"it killed by signal {state.found}"),
        "timed out": ("it to end in its time", "it running, and killed its process group"),
        "stopped": ("it to be let run", "it stopped, to be rolled back"),
        "not started": ("a program that can be run", state.found),
    }[state.ended or ""]
    text = f"expected {expected}, found {found}"
    printed = " ".join(state.output.split())[-_SHOWN_MAX:].strip()
    if printed:
        text += f"; it printed last: {printed}"
    return Failed(text, host=host, operation=operation)
