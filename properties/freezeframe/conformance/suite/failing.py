"""Tests of what goes wrong beneath the adapter: it is told, and nothing is taken for done."""

from __future__ import annotations

import pytest

from freezeframe.adapters import AdapterError, Capability, Failed
from freezeframe.conformance.means import FailsCalls, SilencesAgents
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .base import SuiteBase


class FailingTests(SuiteBase):
    """The hypervisor or the guest agent fails."""

    @needs(Capability.PAUSE, means=[FailsCalls])
    def test_failed_pause_is_told(self, rig: Rig) -> None:
        """A pause that had no effect says so; the VM runs, and is held by nobody."""
        rig.means.fail_next(Operation.PAUSE, rig.vm)
        call = rig.begin(Operation.PAUSE, rig.vm)
        with pytest.raises(Failed):
            rig.finish(call)
        state = rig.state(rig.vm)
        assert state.status is VmStatus.RUNNING
        assert not state.is_held

    @needs(Capability.PAUSE, means=[FailsCalls])
    def test_failed_resume_is_told(self, rig: Rig) -> None:
        """A resume that had no effect says so; the VM stays ours, and can be resumed later."""
        rig.pause(rig.vm)
        rig.means.fail_next(Operation.RESUME, rig.vm)
        call = rig.begin(Operation.RESUME, rig.vm)
        with pytest.raises(Failed):
            rig.finish(call)
        state = rig.state(rig.vm)
        assert state.status is VmStatus.PAUSED
        assert state.is_held
        rig.resume(rig.vm)
        assert rig.state(rig.vm).status is VmStatus.RUNNING

    @needs(Capability.SET_CLOCK, means=[SilencesAgents])
    def test_silent_agent_is_told(self, rig: Rig) -> None:
        """A clock that the guest agent did not set is not said to be set."""
        rig.means.silence_agent(rig.vm)
        call = rig.begin(Operation.SET_CLOCK, rig.vm)
        with pytest.raises(AdapterError):
            rig.finish(call)
