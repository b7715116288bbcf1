"""What a simulated hypervisor does when it is asked: each job takes its time and may go wrong.

Owns what is legal, how long it takes and what it changes. It must not know how answers travel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypedDict, TypeVar

from freezeframe.adapters.errors import AdapterError, Failed, Refusal, Refused
from freezeframe.adapters.simulated.host import Environment, SimulatedHost
from freezeframe.adapters.simulated.machine import Machine
from freezeframe.adapters.simulated.virtual_time import SimulatedCall
from freezeframe.adapters.values import ClockReading, Fingerprint, Sampling
from freezeframe.fleet import Span
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation, Reason

T = TypeVar("T")

AGENT_MS: Final = Span(1, 20)
"""How long a guest agent takes to tell the time. Source: trials with libvirt 9 and QEMU 7.2."""

CLOCK_RESIDUE_MS: Final = 3
"""How far a clock may be off just after it was set. Source: as above."""

FINGERPRINT_MS_PER_MIB: Final = 1

Act = Callable[[], T]

_OF_OURS: Final = {Operation.RESUME: "a pause", Operation.BOOT: "a shutdown"}
"""What ends only what we began."""


class _Form(NamedTuple):
    """What an operation needs: how long it takes, and the status that a VM must have."""

    operation: Operation
    span: Span
    status: VmStatus


class _About(TypedDict):
    """What an error is about."""

    host: str
    operation: str
    vm: str | None


class Jobs:
    """The operations of one host."""

    def __init__(self, host: SimulatedHost) -> None:
        """Work on `host`."""
        self._host = host

    def pause(self, machine: Machine, call: SimulatedCall[None]) -> None:
        """Stop virtual CPUs, unless the pause fails; a power loss may be on its way."""
        host = self._host

        def act() -> None:
            if host.fate.has("pause_failure", machine.name):
                raise self._failed(machine, Operation.PAUSE, "its virtual CPUs would not stop")
            host.put(machine, VmStatus.PAUSED, Reason.USER, is_ours=True)
            host.plan_crash(machine)

        host.plan_power_loss()
        form = _Form(Operation.PAUSE, host.timing.pause, VmStatus.RUNNING)
        self._run(machine, form, call, act)

    def resume(self, machine: Machine, call: SimulatedCall[None]) -> None:
        """Start virtual CPUs that we stopped, unless the resume fails."""
        host = self._host

        def act() -> None:
            if host.fate.has("resume_failure", machine.name):
                raise self._failed(machine, Operation.RESUME, "its virtual CPUs would not start")
            host.put(machine, VmStatus.RUNNING, Reason.UNPAUSED, is_ours=True)

        form = _Form(Operation.RESUME, host.timing.resume, VmStatus.PAUSED)
        self._run(machine, form, call, act)

    def read_clock(self, machine: Machine, call: SimulatedCall[ClockReading]) -> None:
        """Ask the guest agent for the time."""

        def act() -> ClockReading:
            return ClockReading(machine.guest.clock_offset_ms, AGENT_MS.max_ms)

        form = _Form(Operation.READ_CLOCK, AGENT_MS, VmStatus.RUNNING)
        self._ask_agent(machine, form, call, act)

    def set_clock(self, machine: Machine, call: SimulatedCall[None]) -> None:
        """Have the guest agent take over the host's time."""
        fate = self._host.fate

        def act() -> None:
            residue_ms = fate.number(
                -CLOCK_RESIDUE_MS, CLOCK_RESIDUE_MS, f"clock residue of {machine.name}"
            )
            machine.guest.clock_offset_ms = residue_ms

        form = _Form(Operation.SET_CLOCK, self._host.timing.clock_sync, VmStatus.RUNNING)
        self._ask_agent(machine, form, call, act)

    def fingerprint(
        self, machine: Machine, call: SimulatedCall[Fingerprint], sampling: Sampling | None
    ) -> None:
        """Look at the memory of a paused VM."""
        total = len(machine.guest.memory)
        took_ms = -(-total * FINGERPRINT_MS_PER_MIB // 2**20)

        def act() -> Fingerprint:
            digest, read = machine.guest.digest(sampling)
            return Fingerprint(digest, "simulated", read, total, took_ms, sampling)

        form = _Form(Operation.FINGERPRINT, Span(took_ms, took_ms), VmStatus.PAUSED)
        self._run(machine, form, call, act)

    def save(self, machine: Machine, call: SimulatedCall[None]) -> None:
        """Write a running VM to disk and stop it."""

        def act() -> None:
            self._host.put(machine, VmStatus.STOPPED, Reason.SAVE)

        form = _Form(Operation.SAVE, self._host.timing.pause, VmStatus.RUNNING)
        self._run(machine, form, call, act)

    def restore(self, machine: Machine, call: SimulatedCall[None]) -> None:
        """Start a saved VM with its memory."""

        def act() -> None:
            self._host.put(machine, VmStatus.RUNNING, Reason.RESTORED)

        form = _Form(Operation.RESTORE, self._host.timing.resume, VmStatus.STOPPED)
        self._run(machine, form, call, act)

    def shut_down(self, machine: Machine, call: SimulatedCall[None]) -> None:
        """Have the guest shut itself down, which here takes as long as a pause."""

        def act() -> None:
            self._host.put(machine, VmStatus.STOPPED, Reason.SHUT_DOWN, is_ours=True)

        form = _Form(Operation.SHUT_DOWN, self._host.timing.pause, VmStatus.RUNNING)
        self._run(machine, form, call, act)

    def boot(self, machine: Machine, call: SimulatedCall[None]) -> None:
        """Start a VM that we shut down, with new memory, which takes as long as a resume."""

        def act() -> None:
            self._host.put(machine, VmStatus.RUNNING, Reason.BOOTED, is_ours=True)

        form = _Form(Operation.BOOT, self._host.timing.resume, VmStatus.STOPPED)
        self._run(machine, form, call, act)

    def update(self, call: SimulatedCall[None]) -> None:
        """Bring up the new hosting environment, unless the update fails or hangs."""
        host = self._host
        if host.environment is not Environment.OLD:
            call.fail(self._wrong_environment(Operation.UPDATE, Environment.OLD))
            return
        host.plan_power_loss()
        self.attend(call)
        if host.fate.has("update_hang", host.name):
            self._replace(Environment.UPDATING)
            return
        fails = host.fate.has("update_failure", host.name)
        self._replace(Environment.UPDATING)

        def complete() -> None:
            if host.environment is Environment.UPDATING and host.has_power:
                self._finish(Environment.BROKEN if fails else Environment.NEW)

        host.time.plan(host.fate.lasts_ms(host.timing.update, f"update of {host.name}"), complete)

    def roll_back(self, call: SimulatedCall[None]) -> None:
        """Bring up the old hosting environment; an update that goes on is given up."""
        host = self._host
        if host.environment is Environment.OLD:
            call.settle(None)
            return
        if host.environment is Environment.ROLLING_BACK:
            self.attend(call)
            return
        host.attending.clear()
        self.attend(call)
        self._replace(Environment.ROLLING_BACK)

        def complete() -> None:
            if host.environment is Environment.ROLLING_BACK and host.has_power:
                self._finish(Environment.OLD)

        span = host.timing.rollback
        host.time.plan(host.fate.lasts_ms(span, f"rollback of {host.name}"), complete)

    def attend(self, call: SimulatedCall[None]) -> None:
        """Answer `call` when what is under way ends."""

        def answer() -> None:
            if self._host.environment is Environment.BROKEN:
                text = "the new hosting environment did not come up"
                call.fail(Failed(text, **self._about(Operation.UPDATE)))
            call.settle(None)

        self._host.attending.append(answer)

    def _finish(self, environment: Environment) -> None:
        """What is being brought up is up, or will not come up."""
        host = self._host
        host.suffer_updates()
        host.environment = environment
        attending, host.attending[:] = list(host.attending), []
        for answer in attending:
            answer()

    def _replace(self, environment: Environment) -> None:
        self._host.environment = environment
        self._host.suffer_updates()

    def _ask_agent(
        self,
        machine: Machine,
        form: _Form,
        call: SimulatedCall[T],
        act: Act[T],
    ) -> None:
        if machine.status is VmStatus.RUNNING and not self._host.agent_answers(machine.name):
            return  # the deadline of the call ends it
        self._run(machine, form, call, act)

    def _run(
        self,
        machine: Machine,
        form: _Form,
        call: SimulatedCall[T],
        act: Act[T],
    ) -> None:
        """Once it is the VM's turn: check, let time pass, act, answer."""
        host = self._host

        def begin() -> None:
            refused = self._refusal(machine, form)
            if refused is not None:
                call.fail(refused)
                machine.finish()
                return
            spell = machine.spell
            label = f"{form.operation} of {machine.name}"
            host.time.plan(host.fate.lasts_ms(form.span, label), lambda: end(spell))

        def end(spell: int) -> None:
            try:
                if machine.spell != spell:
                    text = f"it became {machine.state} meanwhile"
                    raise self._failed(machine, form.operation, text)
                call.settle(act())
            except AdapterError as error:
                call.fail(error)
            machine.finish()

        machine.submit(begin)

    def _refusal(self, machine: Machine, form: _Form) -> Refused | None:
        """Why an operation of this form is not legal now, None if it is."""
        operation, _, status = form
        about = self._about(operation, machine)
        found = machine.state
        if found.status is VmStatus.ABSENT:
            text = "expected a VM of this host, found none of that name"
            return Refused(text, reason=Refusal.UNKNOWN_VM, **about)
        if found.status is not status:
            text = f"expected it to be {status}, found it {found}"
            return Refused(text, reason=Refusal.ILLEGAL_STATE, found=found, **about)
        if operation in _OF_OURS and not found.is_held:
            text = f"expected {_OF_OURS[operation]} of ours, found it {found}"
            return Refused(text, reason=Refusal.NOT_OURS, found=found, **about)
        if operation is Operation.RESTORE and not machine.is_saved:
            text = f"expected it to be saved, found it {found}"
            return Refused(text, reason=Refusal.ILLEGAL_STATE, found=found, **about)
        return None

    def _failed(self, machine: Machine, operation: Operation, text: str) -> Failed:
        return Failed(text, host=self._host.name, operation=operation, vm=machine.name)

    def _wrong_environment(self, operation: Operation, expected: Environment) -> Refused:
        text = f"expected its hosting environment {expected}, found it {self._host.environment}"
        return Refused(text, reason=Refusal.ILLEGAL_STATE, **self._about(operation))

    def _about(self, operation: Operation, machine: Machine | None = None) -> _About:
        vm = None if machine is None else machine.name
        return _About(host=self._host.name, operation=operation, vm=vm)
