"""The conformance suite, on real guests: through a libvirt daemon, judged by their witnesses.

Not only by what the adapter says of itself: a guest that stands still makes no heartbeats, and one
whose memory changed finds it so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, suppress
from typing import ClassVar

import pytest

from freezeframe.adapters import Adapter, AdapterError, Capability, open_adapter
from freezeframe.adapters.libvirt import LibvirtAdapter
from freezeframe.conformance import AdapterSuite
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.observation import Operation

from .fixtures import running_or_skip
from .handling import stopped
from .laboratory import Lab
from .means import LabMeans, Witnesses

GUESTS_MIN = 4
STEPS_MIN = 200
SOON_MS = 4_000
"""More than a pause takes on a busy machine, and less than libvirt waits for an agent."""


@pytest.fixture(scope="module")
def crowded_lab() -> Iterator[Lab]:
    """One host with four guests that are marked and one that is not."""
    with running_or_skip(hosts=1, guests=4, unmarked=1) as held:
        yield held


@pytest.fixture(scope="module")
def witnesses(crowded_lab: Lab) -> Witnesses:
    """What the guests say of themselves."""
    return Witnesses({guest.name: guest.beats_file for guest in crowded_lab.guests})


class TestThroughADaemon(AdapterSuite):
    """The adapter of a libvirt daemon."""

    _lab: ClassVar[Lab]
    _witnesses: ClassVar[Witnesses]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def use_lab(cls, crowded_lab: Lab, witnesses: Witnesses) -> None:
        """Have guests to test."""
        cls._lab, cls._witnesses = crowded_lab, witnesses

    @needs(Capability.PAUSE)
    def test_interleavings_agree_with_the_model(self, rig: Rig) -> None:
        """What is drawn is enough to say something, and on guests enough."""
        super().test_interleavings_agree_with_the_model(rig)
        assert int(rig.notes.facts["steps"]) >= STEPS_MIN
        assert len(rig.bench.vms) >= GUESTS_MIN

    @needs(Capability.READ_CLOCK, Capability.PAUSE, vms=GUESTS_MIN)
    def test_agents_that_do_not_answer_leave_room_for_pauses(self, rig: Rig) -> None:
        """A daemon serves five requests of a connection at once, and waits 5 s for an agent."""
        *silent, vm = rig.bench.vms
        with ExitStack() as stack:
            for each in silent:
                stack.enter_context(stopped(self._lab.guest(each).pid()))
            calls = [rig.begin(Operation.READ_CLOCK, each) for each in silent for _ in range(3)]
            rig.adapter.pause(vm, deadline_ms=SOON_MS).result()
            rig.adapter.resume(vm, deadline_ms=SOON_MS).result()
        for call in calls:
            with suppress(AdapterError):  # some were given up, which is not the question here
                rig.finish(call)

    def open(self, marked: Collection[str] | None = None) -> Adapter:
        """See `AdapterSuite`."""
        return open_adapter(self._lab.hosts[0].uri, marked=marked)

    def means(self, adapter: Adapter) -> object:
        """See `AdapterSuite`."""
        assert isinstance(adapter, LibvirtAdapter)
        return LabMeans(adapter, self._lab.hosts[0], self._witnesses)
