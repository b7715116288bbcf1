"""Tests of seeing: VMs, their states, and what the adapter claims to be able to do."""

from __future__ import annotations

import pytest

from freezeframe.adapters import (
    Adapter,
    Capability,
    FingerprintsMemory,
    Observes,
    Pauses,
    ReadsClock,
    Refusal,
    Refused,
    Saves,
    SetsClock,
    Stops,
    TellsChanges,
    UpdatesHost,
)
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.observation import VISIBLE

from .base import SuiteBase

UNKNOWN = "freezeframe-conformance-no-such-vm"
_PROTOCOLS = {
    Capability.OBSERVE: Observes,
    Capability.CHANGES: TellsChanges,
    Capability.PAUSE: Pauses,
    Capability.READ_CLOCK: ReadsClock,
    Capability.SET_CLOCK: SetsClock,
    Capability.FINGERPRINT: FingerprintsMemory,
    Capability.SAVE: Saves,
    Capability.STOP: Stops,
    Capability.UPDATE_HOST: UpdatesHost,
}


def slug(capability: Capability) -> str:
    """A capability in the name of a test."""
    return capability.value.replace(" ", "-")


class ObservingTests(SuiteBase):
    """What can be seen without touching anything."""

    @needs(Capability.OBSERVE)
    def test_adapter_has_every_attribute(self, rig: Rig) -> None:
        """An adapter has host, URI, clock, capabilities and close."""
        assert isinstance(rig.adapter, Adapter)
        assert rig.adapter.host
        assert rig.adapter.uri

    @needs(Capability.OBSERVE)
    def test_every_capability_is_declared(self, rig: Rig) -> None:
        """Every capability is among those that are told, and one that is absent says why."""
        for offered in (rig.adapter.capabilities(), rig.adapter.capabilities(rig.vm)):
            assert set(offered) == set(Capability)
            silent = [str(each) for each, it in offered.items() if not (it.is_offered or it.why)]
            assert not silent, f"absent without a reason: {', '.join(silent)}"

    @needs(Capability.OBSERVE)
    @pytest.mark.parametrize("capability", Capability, ids=slug)
    def test_declared_capability_has_its_methods(self, rig: Rig, capability: Capability) -> None:
        """An adapter that claims a capability has the methods of its protocol."""
        if not rig.bench.claims[capability].is_offered:
            pytest.skip(f"no {capability}: {rig.bench.claims[capability].why}")
        assert isinstance(rig.adapter, _PROTOCOLS[capability])

    @needs(Capability.OBSERVE)
    def test_vms_are_listed_once_each_by_name(self, rig: Rig) -> None:
        """Every VM of the host is listed once, in the order of their names."""
        listed = [state.name for state in rig.adapter.vms(deadline_ms=rig.access.deadline_ms)]
        assert listed == sorted(set(listed))

    @needs(Capability.OBSERVE)
    def test_states_are_what_a_hypervisor_can_show(self, rig: Rig) -> None:
        """No VM is shown in a status that only who asked for it can know."""
        assert {state.status for state in rig.vms().values()} <= VISIBLE

    @needs(Capability.OBSERVE)
    def test_state_of_one_vm_is_that_of_the_list(self, rig: Rig) -> None:
        """A VM that is asked for alone is shown as in the list."""
        assert rig.state(rig.vm) == rig.vms()[rig.vm]

    @needs(Capability.OBSERVE)
    def test_unknown_vm_is_refused_as_unknown(self, rig: Rig) -> None:
        """A name that the host does not know is refused as unknown."""
        with pytest.raises(Refused) as refused:
            rig.state(UNKNOWN)
        assert refused.value.reason is Refusal.UNKNOWN_VM
