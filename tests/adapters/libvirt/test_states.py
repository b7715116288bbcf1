"""libvirt's numbers for states and events are read as libvirt's own header names them."""

from __future__ import annotations

from typing import Any

import pytest

from freezeframe.adapters.libvirt.states import of_event, of_state
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import VISIBLE, Reason

STATES = [
    ("VIR_DOMAIN_RUNNING", "VIR_DOMAIN_RUNNING_BOOTED", VmStatus.RUNNING, Reason.BOOTED),
    ("VIR_DOMAIN_RUNNING", "VIR_DOMAIN_RUNNING_UNPAUSED", VmStatus.RUNNING, Reason.UNPAUSED),
    ("VIR_DOMAIN_RUNNING", "VIR_DOMAIN_RUNNING_RESTORED", VmStatus.RUNNING, Reason.RESTORED),
    ("VIR_DOMAIN_PAUSED", "VIR_DOMAIN_PAUSED_USER", VmStatus.PAUSED, Reason.USER),
    ("VIR_DOMAIN_PAUSED", "VIR_DOMAIN_PAUSED_IOERROR", VmStatus.PAUSED, Reason.IO_ERROR),
    ("VIR_DOMAIN_PAUSED", "VIR_DOMAIN_PAUSED_DUMP", VmStatus.PAUSED, Reason.DUMP),
    ("VIR_DOMAIN_PAUSED", "VIR_DOMAIN_PAUSED_MIGRATION", VmStatus.PAUSED, Reason.MIGRATION),
    ("VIR_DOMAIN_PAUSED", "VIR_DOMAIN_PAUSED_WATCHDOG", VmStatus.PAUSED, Reason.WATCHDOG),
    ("VIR_DOMAIN_PAUSED", "VIR_DOMAIN_PAUSED_SNAPSHOT", VmStatus.PAUSED, Reason.SNAPSHOT),
    ("VIR_DOMAIN_PAUSED", "VIR_DOMAIN_PAUSED_STARTING_UP", VmStatus.STOPPED, Reason.STARTING_UP),
    ("VIR_DOMAIN_SHUTOFF", "VIR_DOMAIN_SHUTOFF_SHUTDOWN", VmStatus.STOPPED, Reason.SHUT_DOWN),
    ("VIR_DOMAIN_SHUTOFF", "VIR_DOMAIN_SHUTOFF_DESTROYED", VmStatus.STOPPED, Reason.DESTROYED),
    ("VIR_DOMAIN_SHUTOFF", "VIR_DOMAIN_SHUTOFF_SAVED", VmStatus.STOPPED, Reason.SAVE),
    ("VIR_DOMAIN_SHUTOFF", "VIR_DOMAIN_SHUTOFF_CRASHED", VmStatus.FAILED, Reason.CRASHED),
    ("VIR_DOMAIN_CRASHED", "VIR_DOMAIN_CRASHED_PANICKED", VmStatus.FAILED, Reason.CRASHED),
    (
        "VIR_DOMAIN_PMSUSPENDED",
        "VIR_DOMAIN_PMSUSPENDED_UNKNOWN",
        VmStatus.PAUSED,
        Reason.GUEST_SLEEP,
    ),
]
EVENTS = [
    ("VIR_DOMAIN_EVENT_SUSPENDED", "SUSPENDED_PAUSED", VmStatus.PAUSED, Reason.USER),
    ("VIR_DOMAIN_EVENT_SUSPENDED", "SUSPENDED_IOERROR", VmStatus.PAUSED, Reason.IO_ERROR),
    ("VIR_DOMAIN_EVENT_SUSPENDED", "SUSPENDED_RESTORED", VmStatus.PAUSED, Reason.RESTORED),
    ("VIR_DOMAIN_EVENT_RESUMED", "RESUMED_UNPAUSED", VmStatus.RUNNING, Reason.UNPAUSED),
    ("VIR_DOMAIN_EVENT_STARTED", "STARTED_BOOTED", VmStatus.RUNNING, Reason.BOOTED),
    ("VIR_DOMAIN_EVENT_STOPPED", "STOPPED_SHUTDOWN", VmStatus.STOPPED, Reason.SHUT_DOWN),
    ("VIR_DOMAIN_EVENT_STOPPED", "STOPPED_DESTROYED", VmStatus.STOPPED, Reason.DESTROYED),
    ("VIR_DOMAIN_EVENT_STOPPED", "STOPPED_CRASHED", VmStatus.FAILED, Reason.CRASHED),
    ("VIR_DOMAIN_EVENT_STOPPED", "STOPPED_SAVED", VmStatus.STOPPED, Reason.SAVE),
    ("VIR_DOMAIN_EVENT_CRASHED", "CRASHED_PANICKED", VmStatus.FAILED, Reason.CRASHED),
]


@pytest.mark.parametrize(("state", "why", "status", "reason"), STATES)
def test_a_state(binding: Any, state: str, why: str, status: VmStatus, reason: Reason) -> None:
    assert of_state(getattr(binding, state), getattr(binding, why)) == (status, reason)


@pytest.mark.parametrize(("event", "detail", "status", "reason"), EVENTS)
def test_an_event(binding: Any, event: str, detail: str, status: VmStatus, reason: Reason) -> None:
    number = getattr(binding, f"VIR_DOMAIN_EVENT_{detail}")
    assert of_event(getattr(binding, event), number) == (status, reason)


def test_only_one_pause_reason_can_be_ours(binding: Any) -> None:
    ours = [number for number in range(64) if of_state(3, number)[1] is Reason.USER]
    assert ours == [binding.VIR_DOMAIN_PAUSED_USER]


def test_numbers_of_a_later_libvirt_are_still_something_that_can_be_seen() -> None:
    assert all(of_state(state, 99)[0] in VISIBLE for state in range(12))
    assert of_event(99, 0) is None
