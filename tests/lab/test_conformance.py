"""The conformance suite, on real guests: through a libvirt daemon, judged by their witnesses.

Not only by what the adapter says of itself: a guest that stands still makes no heartbeats, and one
whose memory changed finds it so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

import pytest

from freezeframe.adapters import Adapter, Capability, open_adapter
from freezeframe.adapters.libvirt import LibvirtAdapter
from freezeframe.conformance import AdapterSuite
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig

from .fixtures import running_or_skip
from .laboratory import Lab
from .means import LabMeans, Witnesses


@pytest.fixture(scope="module")
def crowded_lab() -> Iterator[Lab]:
    """One host with four guests that are marked and one that is not."""
    with running_or_skip(hosts=1, guests=4, unmarked=1) as held:
        yield held


@pytest.fixture(scope="module")
def witnesses(crowded_lab: Lab) -> Witnesses:
    """What the guests say of themselves."""
    return Witnesses({guest.name: guest for guest in crowded_lab.guests})


class TestThroughADaemon(AdapterSuite):
    """The adapter of a libvirt daemon."""

    @needs(Capability.PAUSE, Capability.CHANGES)
    @pytest.mark.xfail(
        strict=False,
        reason="libvirt tells more changes of a long life than the table; not yet explained",
    )
    def test_grand_tour(self, rig: Rig) -> None:
        """As in the suite."""
        super().test_grand_tour(rig)

    _lab: ClassVar[Lab]
    _witnesses: ClassVar[Witnesses]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def use_lab(cls, crowded_lab: Lab, witnesses: Witnesses) -> None:
        """Have guests to test."""
        cls._lab, cls._witnesses = crowded_lab, witnesses

    def open(self, marked: Collection[str] | None = None) -> Adapter:
        """See `AdapterSuite`."""
        return open_adapter(self._lab.hosts[0].uri, marked=marked)

    def means(self, adapter: Adapter) -> object:
        """See `AdapterSuite`."""
        assert isinstance(adapter, LibvirtAdapter)
        guests = {guest.name: guest for guest in self._lab.guests}
        return LabMeans(adapter, guests, self._witnesses)
