"""A long run is shortened to the counterexample that the exhaustive search tells."""

from __future__ import annotations

from random import Random

import pytest

from freezeframe.checking.check import check
from freezeframe.checking.runs.findings import Finding, counterexample_of
from freezeframe.checking.runs.lookup import Lookup
from freezeframe.checking.runs.shortening import shortened
from freezeframe.checking.runs.simulation import Move, Simulation
from freezeframe.properties import PROMISES
from freezeframe.protocol.policies import load_policy
from freezeframe.protocol.system import System
from tests.checking.big_fleets import big_fleet
from tests.faulty.catalogue import PLANTED_FAULTS
from tests.faulty.planted import PlantedFault

BY_NAME = {fault.name: fault for fault in PLANTED_FAULTS}
NO_OTHER_DOMAIN = "schedule/no-other-domain-of-the-set-is-under-maintenance"


def lookup_of(fault: PlantedFault) -> Lookup:
    meant = [each for each in PROMISES if each.name == fault.breaks]
    return Lookup(System(fault.fleet, fault.policy(), frozenset(fault.without)), meant)


def long_run(lookup: Lookup) -> Finding:
    """A breach found by walking at random; of several, the longest."""
    random = Random(0)
    found: list[Finding] = []
    while len(found) < 5:
        simulation = Simulation(lookup)
        while simulation.breach is None and len(simulation.moves) < 120:
            moves: list[Move] = [*simulation.enabled(), *([None] if simulation.can(None) else [])]
            simulation.take(random.choice(moves))
        if simulation.breach is not None:
            found.append(Finding(simulation.breach, tuple(simulation.moves)))
    return max(found, key=lambda finding: len(finding.moves))


@pytest.mark.parametrize(
    "name",
    [
        "all at once",  # of a state, many interleavings
        "without schedule/no-failure-waits-for-an-operator",  # of a step
        "no deadline",  # takes time
        "without return_to_service/every-resumed-vm-was-seen-with-its-clock-set",
        "resumes what it did not pause",  # takes a customer
    ],
)
def test_comes_to_what_the_exhaustive_search_tells(name: str) -> None:
    """The same steps at the same times, of the same subjects, from a run several times as long."""
    fault = BY_NAME[name]
    lookup = lookup_of(fault)
    long = long_run(lookup)
    told = counterexample_of(lookup, shortened(lookup, long))
    results = check(fault.fleet, fault.policy(), lookup.properties, without=fault.without)
    explored = results.properties[0].counterexample
    assert explored is not None
    assert told == explored
    assert len(long.moves) > len(told.moves)


def test_a_big_fleet_is_searched_among_the_moves_of_the_run() -> None:
    """Eight steps are needed to pause VMs of two domains, and eight are left."""
    system = System(big_fleet(), load_policy("one-update-domain"), frozenset({NO_OTHER_DOMAIN}))
    meant = [each for each in PROMISES if each.name == "one_update_domain_paused"]
    lookup = Lookup(system, meant)
    names = [
        *(f"schedule host-{number}" for number in range(6)),
        *(f"approve host-{number}/web" for number in range(6)),
        *(f"quiesce host-{number}" for number in range(6)),
        "pause host-3 web-15",
        "pause host-3 web-16",
        "pause host-5 web-27",
    ]
    numbers = {str(instance): number for number, instance in enumerate(system.instances)}
    simulation = Simulation(lookup)
    for name in names:
        simulation.take(numbers[name])
    assert simulation.breach is not None
    found = shortened(lookup, Finding(simulation.breach, tuple(simulation.moves)))
    told = counterexample_of(lookup, found)
    assert sorted(told.moves) == [
        "approve host-3/web",
        "approve host-5/web",
        "pause host-3 web-15",
        "pause host-5 web-27",
        "quiesce host-3",
        "quiesce host-5",
        "schedule host-3",
        "schedule host-5",
    ]
