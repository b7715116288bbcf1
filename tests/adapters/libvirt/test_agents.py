"""Guest agents are asked few at a time, and in turn for each VM, so that pauses are not held up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.libvirt.handling import LONG_MS, eventually, pause, resume, status
from tests.maintenance.hosts import MARK, write_host

from freezeframe.adapters import ClockReading, Failed
from freezeframe.adapters.libvirt import LibvirtAdapter, guest_clock, open_uri
from freezeframe.adapters.libvirt.adapter import AGENTS_MAX
from freezeframe.lifecycles import VmStatus

VMS = "abcde"
RUNNING = 1  # VIR_DOMAIN_RUNNING


class Agents:
    """The agents of all guests, which answer once they may."""

    def __init__(self) -> None:
        """Answer nothing yet."""
        self.may_answer = threading.Event()
        self.asked: list[str] = []
        self.running: list[bool] = []
        """For each answer, whether the guest ran when it was given."""

    def reading(self, domain: Any) -> ClockReading:
        self.asked.append(domain.name())
        self.may_answer.wait()
        self.running.append(domain.state()[0] == RUNNING)
        return ClockReading(0, 1)


@pytest.fixture
def agents(monkeypatch: pytest.MonkeyPatch) -> Iterator[Agents]:
    held = Agents()
    monkeypatch.setattr(guest_clock, "reading", held.reading)
    yield held
    held.may_answer.set()


@pytest.fixture
def crowd(
    binding: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LibvirtAdapter]:
    """A host of the test driver that is taken for one with guests."""
    assert binding is not None
    adapter = open_uri(write_host(tmp_path / "host.xml", dict.fromkeys(VMS, MARK)))
    monkeypatch.setattr(adapter.link, "driver", "QEMU")
    yield adapter
    adapter.close()


def test_agents_that_do_not_answer_leave_room_for_pauses(
    crowd: LibvirtAdapter, agents: Agents
) -> None:
    calls = [crowd.read_clock(vm, deadline_ms=LONG_MS) for vm in VMS[:-1]]
    eventually(lambda: len(agents.asked) == AGENTS_MAX)
    pause(crowd, VMS[-1])
    resume(crowd, VMS[-1])
    assert len(agents.asked) == AGENTS_MAX
    agents.may_answer.set()
    assert {call.result() for call in calls} == {ClockReading(0, 1)}
    assert sorted(agents.asked) == sorted(VMS[:-1])


def test_an_agent_is_asked_one_thing_at_a_time(crowd: LibvirtAdapter, agents: Agents) -> None:
    calls = [crowd.read_clock("a", deadline_ms=LONG_MS) for _ in range(AGENTS_MAX)]
    others = [crowd.read_clock(vm, deadline_ms=LONG_MS) for vm in "bc"]
    eventually(lambda: len(agents.asked) == AGENTS_MAX)
    assert sorted(agents.asked) == ["a", "b", "c"]
    agents.may_answer.set()
    for call in calls + others:
        call.result()


def test_a_pause_waits_for_what_the_agent_was_asked(crowd: LibvirtAdapter, agents: Agents) -> None:
    """A clock that is set across a pause would be set to a time long gone."""
    read = crowd.read_clock("a", deadline_ms=LONG_MS)
    eventually(lambda: agents.asked == ["a"])
    paused = crowd.pause("a", deadline_ms=LONG_MS)
    pause(crowd, "b")  # which takes as long
    agents.may_answer.set()
    read.result()
    paused.result()
    assert agents.running == [True]
    assert status(crowd)[0] is VmStatus.PAUSED


def test_a_clock_that_is_off_just_after_it_was_set_was_not_set(
    crowd: LibvirtAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [ClockReading(-5_000, 1), ClockReading(900, 1)]
    monkeypatch.setattr(guest_clock, "set_right", lambda _: found.pop(0))
    with pytest.raises(Failed, match="expected the host's time, found the clock -5000 ms ahead"):
        crowd.set_clock("a", deadline_ms=LONG_MS).result()
    crowd.set_clock("a", deadline_ms=LONG_MS).result()


class Guest:
    """A domain whose agent keeps the time that it is given."""

    def __init__(self) -> None:
        """Begin with no time."""
        self.told: dict[str, int] = {}

    def setTime(self, told: dict[str, int]) -> None:  # noqa: N802 (the binding's name)
        self.told = told

    def getTime(self) -> dict[str, int]:  # noqa: N802 (as above)
        return self.told


def test_an_agent_is_given_this_machine_s_time_to_the_nanosecond() -> None:
    """Whole seconds, as the guest's hardware clock has them, would leave it up to 1 s behind."""
    guest = Guest()
    before_ns = time.time_ns()
    found = guest_clock.set_right(guest)
    given_ns = guest.told["seconds"] * 1_000_000_000 + guest.told["nseconds"]
    assert before_ns <= given_ns <= time.time_ns()
    assert guest_clock.is_right(found)
