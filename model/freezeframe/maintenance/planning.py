"""Which hosts may be maintained at the same time, in what order, and how long it takes at least.

Owns waves: hosts of which no two carry VMs of one availability set in different domains. It must
not know what else a run meets; the rules of the protocol decide at each moment what may begin, and
a plan only says what they will allow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from freezeframe.fleet import Fleet, FreezeframeError
from freezeframe.protocol.policies import Policy
from freezeframe.protocol.topology import carried_lanes

from .colouring import Domains, coloured
from .durations import least_ms, least_ms_with_notice
from .obstacles import Obstacle, obstacles


class PlanError(FreezeframeError):
    """A fleet cannot be planned; `obstacles` is why, empty if it is the policy's doing."""

    def __init__(self, text: str, found: tuple[Obstacle, ...] = ()) -> None:
        """Say `text`, and each obstacle with what would remove it."""
        self.obstacles = found
        super().__init__("\n".join((text, *(f"  {each}" for each in found))))


@dataclass(frozen=True)
class Wave:
    """Hosts that may be maintained together, in the order of the fleet.

    `domains` tells for each set of theirs the one domain of it, numbered as the policy does, that
    is under maintenance meanwhile. Times are the least that can be, in milliseconds from the
    beginning; `starts_at_ms` is the first host's, `ends_at_ms` the last one's.
    """

    hosts: tuple[str, ...]
    domains: Mapping[str, int]
    starts_at_ms: int
    ends_at_ms: int


@dataclass(frozen=True)
class Separation:
    """Two waves, by their number from 0, and the sets that force them apart, by name."""

    one: int
    other: int
    sets: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The waves of a fleet under a policy.

    `waves_min` is a number of waves that every plan needs. `least_ms` is how long maintenance takes
    at least in these waves, if every guest approves at once and all goes as fast as the fleet's
    timing allows; `least_with_notice_ms` if none does, and each host waits for the whole notice.
    """

    fleet: str
    policy: str
    waves: tuple[Wave, ...]
    waves_min: int
    least_ms: int
    least_with_notice_ms: int
    carried: Mapping[str, Domains]
    """The domain of each set on each host."""

    @property
    def is_minimal(self) -> bool:
        """Whether it is known that there are as few waves as there can be."""
        return len(self.waves) == self.waves_min

    @cached_property
    def separations(self) -> tuple[Separation, ...]:
        """Why each two waves are apart: every pair that some set forces."""
        return tuple(self._separations())

    def _separations(self) -> Iterator[Separation]:
        for other, wave in enumerate(self.waves):
            for one, earlier in enumerate(self.waves[:other]):
                sets = tuple(
                    name
                    for name, domain in wave.domains.items()
                    if earlier.domains.get(name, domain) != domain
                )
                if sets:
                    yield Separation(one, other, sets)


def plan(fleet: Fleet, policy: Policy) -> Plan:
    """Plan the maintenance of every host of `fleet`; takes n log n for n hosts and VMs.

    Raises:
        PlanError: Some host can never be maintained, or the policy decides otherwise than by one
            domain of each set at a time.

    """
    if type(policy).begins is not Policy.begins:
        raise PlanError(
            f"policy {policy.name}: expected one domain of each set at a time, which is what plans "
            "are made of; found a policy with other guards on beginning a host"
        )
    lanes = carried_lanes(fleet, policy.lane)
    found = obstacles(fleet, policy, lanes)
    if found:
        raise PlanError(
            f"fleet {fleet.name}: expected every host to carry one domain of each availability "
            f"set, or it can never be maintained under {policy.name}; found",
            found,
        )
    carried: dict[str, Domains] = {
        host: tuple((name, min(each)) for name, each in sets.items())
        for host, sets in lanes.items()
    }
    hosts = [host.name for host in fleet.hosts]
    colouring = coloured([carried[host] for host in hosts])
    members: dict[int, list[str]] = defaultdict(list)
    for host, number in zip(hosts, colouring.classes, strict=True):
        members[number].append(host)
    in_order = tuple(map(tuple, members.values()))  # by the first host of each
    spans = _spans(in_order, carried, least_ms(fleet), fleet.timing.recovery.min_ms)
    patient = _spans(in_order, carried, least_ms_with_notice(fleet), fleet.timing.recovery.min_ms)
    waves = tuple(
        Wave(wave, dict(each for host in wave for each in carried[host]), *span)
        for wave, span in zip(in_order, spans, strict=True)
    )
    return Plan(
        fleet.name,
        policy.name,
        waves,
        colouring.least,
        max((end for _, end in spans), default=0),
        max((end for _, end in patient), default=0),
        carried,
    )


def _spans(
    waves: tuple[tuple[str, ...], ...],
    carried: Mapping[str, Domains],
    takes_ms: Mapping[str, int],
    recovery_ms: int,
) -> list[tuple[int, int]]:
    """The first beginning and the last end of each wave, when every host begins as soon as its
    sets allow: when their other domains are done, and each set has recovered.
    """
    opened: dict[str, tuple[int, int]] = {}
    """For each set, the last domain of it that came to its turn, and since when it could begin."""
    done_ms: dict[str, int] = defaultdict(int)
    spans = []
    for wave in waves:
        for name, domain in {each for host in wave for each in carried[host]}:
            last, since_ms = opened.get(name, (domain, 0))
            is_next = last != domain
            opened[name] = domain, done_ms[name] + recovery_ms if is_next else since_ms
        starts, ends = [], []
        for host in wave:
            starts.append(max((opened[name][1] for name, _ in carried[host]), default=0))
            ends.append(starts[-1] + takes_ms[host])
            for name, _ in carried[host]:
                done_ms[name] = max(done_ms[name], ends[-1])
        spans.append((min(starts), max(ends)))
    return spans
