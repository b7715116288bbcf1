"""What all tests of the suite share: how the host is opened, and that VMs are put back.

Owns what authors of adapters may override. It must not know any test.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar

import pytest

from freezeframe.adapters import Adapter
from freezeframe.conformance.benches import Bench, Options, options_of, survey
from freezeframe.conformance.means import means_for
from freezeframe.conformance.needs import needs_of
from freezeframe.conformance.rig import Access, Notes, Rig, put_back
from freezeframe.fleet import FreezeframeError

bench_key = pytest.StashKey[Bench]()
"""The host under test, on each test that was begun."""
notes_key = pytest.StashKey[Notes]()

_BENCHES = pytest.StashKey[dict[type, Bench | FreezeframeError]]()


class SuiteBase:
    """What is under test, and how patient the tests are."""

    deadline_ms: ClassVar[int] = 10_000
    """What each call gets."""
    hang_seconds: ClassVar[float] = 20.0
    """A call that takes longer, in real time, is said to hang; more than the deadline."""

    _options: Options

    def open(self, marked: Collection[str] | None = None) -> Adapter:
        """Open the host under test; every time a new connection to the same host.

        `marked` names the VMs that may be touched; None leaves it to the marks on the VMs. Without
        an override it is the host of `--adapter`.
        """
        return self._options.opener(marked)

    def means(self, adapter: Adapter) -> object:
        """What the tests may use beside `adapter`, see `freezeframe.conformance.means`."""
        return means_for(adapter)

    @pytest.fixture
    def rig(self, request: pytest.FixtureRequest) -> Iterator[Rig]:
        """A connection of the test's own, closed at its end, with all VMs as they were."""
        self._options = options_of(request.config)
        bench = self._bench(request)
        request.node.stash[bench_key] = bench
        notes = request.node.stash.setdefault(notes_key, Notes())
        access = Access(self.open, self.means, self.deadline_ms, self.hang_seconds)
        rig = Rig(bench, access, notes=notes)
        try:
            needed = needs_of(request.node)
            why = None if needed is None else needed.lacks(bench.claims, rig.means, bench.vms)
            if why is not None:
                pytest.skip(why)
            yield rig
            put_back(rig)
        finally:
            rig.close()

    def _bench(self, request: pytest.FixtureRequest) -> Bench:
        """The host as it was before the first test of this class."""
        benches = request.config.stash.setdefault(_BENCHES, {})
        found = benches.get(type(self))
        if found is None:
            try:
                found = survey(self.open, self._options.named, self.means)
            except FreezeframeError as error:
                found = error
            benches[type(self)] = found
        if isinstance(found, FreezeframeError):
            pytest.fail(str(found), pytrace=False)
        return found
