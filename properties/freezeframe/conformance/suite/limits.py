"""A pause of the full limit, once, for it takes its time on real guests."""

from __future__ import annotations

from freezeframe.adapters import Capability
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.fleet import Limits, Timing
from freezeframe.lifecycles import VmStatus

from .base import SuiteBase
from .clocks import TOLERANCE_MS

LIMIT_MS = Limits().pause_ms
RESUME_MS = Timing().resume.max_ms
"""What is left of the limit when the resume is asked for."""


class LimitTests(SuiteBase):
    """As long as customers are told that it can last."""

    @needs(Capability.PAUSE)
    def test_pause_of_the_full_limit(self, rig: Rig) -> None:
        """A VM whose resume is asked for two seconds before the limit runs again by the limit, with
        the memory that it had, and its clock can be set right.
        """
        claims = rig.bench.claims
        asked_ms = rig.now_ms()
        rig.pause(rig.vm)
        sees_memory = claims[Capability.FINGERPRINT].is_offered
        before = rig.fingerprint(rig.vm) if sees_memory else None
        rig.wait_ms(LIMIT_MS - RESUME_MS - (rig.now_ms() - asked_ms))
        after = rig.fingerprint(rig.vm) if sees_memory else None
        rig.resume(rig.vm)
        lasted_ms = rig.now_ms() - asked_ms
        assert lasted_ms <= LIMIT_MS, f"paused for {lasted_ms} ms"
        assert rig.state(rig.vm).status is VmStatus.RUNNING
        assert after == before or (before and after and before.digest == after.digest)
        if claims[Capability.SET_CLOCK].is_offered and claims[Capability.READ_CLOCK].is_offered:
            rig.set_clock(rig.vm)
            reading = rig.read_clock(rig.vm)
            assert abs(reading.offset_ms) + reading.uncertainty_ms <= TOLERANCE_MS
