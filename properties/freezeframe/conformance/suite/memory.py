"""Tests of memory: what is read of it, that it stands still, and that the guest finds it intact."""

from __future__ import annotations

import pytest

from freezeframe.adapters import Capability, Refusal, Sampling
from freezeframe.conformance.means import TurnsBits, Witness
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .base import SuiteBase
from .hearing import PERIODS, heartbeats_during

STAND_MS = 300
"""How long a guest that does not really stand still is given to write."""

SAMPLE = Sampling(pages=8, seed=7)


class MemoryTests(SuiteBase):
    """Fingerprints of paused VMs, and what their guests say."""

    @needs(Capability.FINGERPRINT, Capability.PAUSE)
    def test_memory_stands_still_while_paused(self, rig: Rig) -> None:
        """Memory just before the resume is what it was just after the pause, byte for byte."""
        rig.notes.judges.add("adapter")
        rig.pause(rig.vm)
        just_after = rig.fingerprint(rig.vm)
        rig.wait_ms(STAND_MS)
        just_before = rig.fingerprint(rig.vm)
        assert just_before.coverage == just_after.coverage
        assert just_before.digest == just_after.digest

    @needs(Capability.FINGERPRINT, Capability.PAUSE)
    def test_sampled_memory_stands_still_while_paused(self, rig: Rig) -> None:
        """The same sample of pages is the same before the resume as after the pause."""
        rig.pause(rig.vm)
        just_after = rig.fingerprint(rig.vm, SAMPLE)
        rig.wait_ms(STAND_MS)
        just_before = rig.fingerprint(rig.vm, SAMPLE)
        assert just_before.coverage == just_after.coverage
        assert just_before.digest == just_after.digest

    @needs(Capability.FINGERPRINT, Capability.PAUSE, means=[Witness])
    def test_fingerprint_sees_what_the_guest_wrote(self, rig: Rig) -> None:
        """The digest is another one once the guest has run and written."""
        rig.pause(rig.vm)
        before = rig.fingerprint(rig.vm)
        rig.resume(rig.vm)
        assert heartbeats_during(rig, rig.vm, PERIODS) > 0
        rig.pause(rig.vm)
        assert rig.fingerprint(rig.vm).digest != before.digest

    @needs(Capability.FINGERPRINT, Capability.PAUSE, means=[TurnsBits])
    def test_whole_fingerprint_sees_every_page(self, rig: Rig) -> None:
        """Whichever page changes, the digest of all memory is another one."""
        rig.pause(rig.vm)
        before = rig.fingerprint(rig.vm)
        unseen = []
        for page in range(before.read_bytes // rig.means.page_bytes):
            rig.means.turn_bits(rig.vm, page)
            if rig.fingerprint(rig.vm).digest == before.digest:
                unseen.append(page)
            rig.means.turn_bits(rig.vm, page)
        assert not unseen, f"changed unseen: pages {unseen}"
        assert rig.fingerprint(rig.vm).digest == before.digest

    @needs(Capability.FINGERPRINT, Capability.PAUSE)
    def test_fingerprint_tells_what_it_read(self, rig: Rig) -> None:
        """A fingerprint names its method, and how much of the memory it read."""
        rig.pause(rig.vm)
        found = rig.fingerprint(rig.vm)
        assert found.digest
        assert found.method
        assert 0 < found.read_bytes <= found.total_bytes
        assert found.sampling is None
        assert found.took_ms >= 0

    @needs(Capability.FINGERPRINT, Capability.PAUSE)
    def test_sampled_fingerprint_reads_the_sample_only(self, rig: Rig) -> None:
        """A sample is read as it was asked for, and is not more than the whole."""
        rig.pause(rig.vm)
        found = rig.fingerprint(rig.vm, SAMPLE)
        assert found.sampling == SAMPLE
        assert 0 < found.read_bytes <= rig.fingerprint(rig.vm).read_bytes

    @needs(Capability.FINGERPRINT, Capability.PAUSE)
    def test_fingerprint_leaves_the_vm_paused(self, rig: Rig) -> None:
        """Looking at memory changes no state and no mark."""
        rig.pause(rig.vm)
        before = rig.state(rig.vm)
        rig.fingerprint(rig.vm)
        assert rig.state(rig.vm) == before

    @needs(Capability.FINGERPRINT)
    def test_fingerprint_of_a_running_vm_is_refused(self, rig: Rig) -> None:
        """Memory of a guest that runs has no digest that could be compared."""
        refusal = rig.refusal(Operation.FINGERPRINT, rig.vm)
        assert refusal.reason is Refusal.ILLEGAL_STATE
        assert rig.state(rig.vm).status is VmStatus.RUNNING

    @needs(Capability.PAUSE, means=[Witness])
    @pytest.mark.parametrize("pauses", [1, 3], ids=["first", "third"])
    def test_guest_finds_its_memory_intact(self, rig: Rig, pauses: int) -> None:
        """After a resume the guest finds everything where it left it."""
        for _ in range(pauses):
            rig.pause(rig.vm)
            rig.wait_ms(STAND_MS)
            rig.resume(rig.vm)
        assert heartbeats_during(rig, rig.vm, PERIODS) > 0
        assert rig.means.ask(rig.vm).memory_is_intact

    @needs(Capability.FINGERPRINT, Capability.PAUSE, means=[Witness])
    def test_fingerprint_leaves_memory_intact(self, rig: Rig) -> None:
        """A guest whose memory was looked at finds everything where it left it."""
        rig.pause(rig.vm)
        rig.fingerprint(rig.vm)
        rig.fingerprint(rig.vm, SAMPLE)
        rig.resume(rig.vm)
        assert heartbeats_during(rig, rig.vm, PERIODS) > 0
        assert rig.means.ask(rig.vm).memory_is_intact
