"""Who is related to whom in a fleet: the components that there are, and the tuples that a rule is
about.

Reads the fleet and the policy's numbering of domains; knows no rule. Relations are fixed for the
whole of a maintenance: what a customer may move is related to every host that it may be on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, NewType, get_args, get_origin, get_type_hints

from freezeframe.fleet import Fleet, Limits, UpdateKind, VirtualMachine
from freezeframe.fleet import Host as FleetHost
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import ANYWHERE

from .components import (
    VM,
    Alarm,
    AvailabilitySet,
    Budget,
    Component,
    Controller,
    Host,
    ScheduledEvent,
    Value,
)

Seat = NewType("Seat", int)
"""Which of the hosts that a VM may be on the host in question is."""

Attempts = NewType("Attempts", int)
"""How often a host may be tried before an operator looks."""

Lanes = NewType("Lanes", frozenset[int])
"""The domains of a set, numbered as the policy does, of which VMs may be on the host in question.
"""

Destination = Annotated[Host, "destination"]
"""A second host that the VM may be on."""

_Names = tuple[str, ...]
_Kinds = tuple[type[Component], ...]
Lane = Callable[[VirtualMachine, FleetHost], int]


@dataclass(frozen=True)
class Slot:
    """One component of a fleet: its kind, the names that identify it, and how it begins."""

    kind: type[Component]
    names: tuple[str, ...]
    initial: Value

    @property
    def label(self) -> str:
        """How a step or a change names it."""
        return "/".join(self.names) or self.kind.__name__.lower()


@dataclass(frozen=True)
class Grounding:
    """One related tuple for a function: its parameters in order, each a slot or a constant."""

    slots: tuple[int, ...]
    arguments: tuple[tuple[bool, Hashable], ...]
    """For each parameter: (True, position in `slots`) or (False, the constant)."""
    seats: tuple[tuple[int, int], ...]
    """(position of a VM, its seat): the tuple only counts while each is there. VMs that cannot
    leave have none.
    """

    def named(self, function: Callable[..., Any]) -> dict[str, int]:
        """The slot of each parameter that is a component."""
        names = function.__code__.co_varnames
        return {
            names[index]: self.slots[int(value)]  # type: ignore[call-overload]
            for index, (is_slot, value) in enumerate(self.arguments)
            if is_slot
        }


class Topology:
    """The components of `fleet`, and the relations between them."""

    def __init__(self, fleet: Fleet, lane: Lane) -> None:
        """Lay out the components; `lane` numbers the domains as the policy does."""
        self.fleet = fleet
        self.hosts = {host.name: host for host in fleet.hosts}
        self.vms = {vm.name: vm for vm in fleet.vms}
        self._lane = lane
        self.slots = tuple(self._lay_out())

    @cached_property
    def budgets(self) -> Mapping[str, int]:
        """What is allowed at all: each fault and budgeted action with its count, if above 0."""
        groups = (self.fleet.faults, self.fleet.customer, self.fleet.operator)
        counts = {name: count for group in groups for name, count in vars(group).items()}
        return {name: count for name, count in counts.items() if count}

    def budget_slot(self, name: str) -> int:
        """The slot that counts how often `name` may still happen."""
        return self._by_kind[Budget][list(self.budgets).index(name)]

    def places(self, vm: str) -> tuple[str, ...]:
        """The hosts that `vm` may be on; the first is where the fleet file puts it."""
        spec = self.vms[vm]
        return (spec.host, *spec.may_move_to)

    def tenant(self, vm: str) -> str:
        """Who owns `vm`, as far as events go: its set, or itself."""
        return self.vms[vm].tenant

    def kind_of_update(self, host: str, vm: str | None) -> UpdateKind:
        """What the update of `host` does to `vm`, or to any VM."""
        return self.fleet.kind_of_update(self.hosts[host], None if vm is None else self.vms[vm])

    def ground(
        self,
        function: Callable[..., Any],
        given: Mapping[str, int] | None = None,
        kinds: Mapping[Any, _Kinds] | None = None,
        omit: frozenset[str] = frozenset(),
    ) -> Iterator[Grounding]:
        """Every related tuple for the parameters of `function`, in the order of the fleet file.

        `given` binds parameters by name beforehand; `kinds` says which components an annotation
        stands for, where it is none itself. Two parameters of one kind are bound to two different
        components, in their order; one that is marked as `ANYWHERE` is bound to each there is.
        Parameters in `omit` are left to the caller.
        """
        hints = get_type_hints(function, include_extras=True)
        for name in {"return", *omit}:
            hints.pop(name, None)
        wanted = [(name, _kinds_of(hint, kinds or {})) for name, hint in hints.items()]
        named = {name: slot for name, slot in (given or {}).items() if name in hints}
        free = frozenset(name for name, hint in hints.items() if ANYWHERE in get_args(hint))
        for bound in self._tuples([(n, k) for n, k in wanted if k], named, free):
            names = [name for name, kind in wanted if kind]
            arguments: list[tuple[bool, Hashable]] = [
                (True, names.index(name)) if kind else (False, self._constant(hints[name], bound))
                for name, kind in wanted
            ]
            slots = tuple(bound[name] for name in names)
            seats = self._seats_of(names, slots, free)
            yield Grounding(slots, tuple(arguments), tuple(seats))

    @cached_property
    def _by_kind(self) -> Mapping[type[Component], list[int]]:
        found: dict[type[Component], list[int]] = {}
        for index, slot in enumerate(self.slots):
            found.setdefault(slot.kind, []).append(index)
        return found

    def _lay_out(self) -> Iterator[Slot]:
        fleet = self.fleet
        for host in fleet.hosts:
            yield Slot(Host, (host.name,), Host.initial(fleet.update.attempts))
        for vm in fleet.vms:
            status = VmStatus.RUNNING if vm.exists else VmStatus.ABSENT
            yield Slot(VM, (vm.name,), VM.initial(status))
        for availability_set in fleet.availability_sets:
            if any(vm.availability_set == availability_set.name for vm in fleet.vms):
                yield Slot(AvailabilitySet, (availability_set.name,), AvailabilitySet.initial())
        for host in fleet.hosts:
            if self.kind_of_update(host.name, None) is UpdateKind.NO_IMPACT:
                continue
            tenants = {self.tenant(vm): None for vm in self.vms if host.name in self.places(vm)}
            for tenant in tenants:
                yield Slot(ScheduledEvent, (host.name, tenant), ScheduledEvent.initial())
        yield Slot(Alarm, (), Alarm.initial())
        yield Slot(Controller, (), Controller.initial())
        for name, count in self.budgets.items():
            yield Slot(Budget, (name.replace("_", " "),), Budget.initial(count))

    def _tuples(
        self, wanted: Sequence[tuple[str, _Kinds]], bound: dict[str, int], free: frozenset[str]
    ) -> Iterator[dict[str, int]]:
        left = [(name, kinds) for name, kinds in wanted if name not in bound]
        if not left:
            yield bound
            return
        name, kinds = left[0]
        others = [] if name in free else [slot for each, slot in bound.items() if each not in free]
        for candidate in (slot for kind in kinds for slot in self._by_kind.get(kind, ())):
            if all(self._related(candidate, other) for other in others):
                yield from self._tuples(wanted, {**bound, name: candidate}, free)

    def _related(self, one: int, other: int) -> bool:
        a, b = self.slots[one], self.slots[other]
        if a.kind is b.kind:
            # Two hosts in a rule are the two ends of a move; two VMs are an unordered pair.
            return one != other if a.kind is Host else one > other
        for first, second in ((a, b), (b, a)):
            relation = self._relations.get((first.kind, second.kind))
            if relation is not None:
                return relation(first.names, second.names)
        return True

    @cached_property
    def _relations(
        self,
    ) -> Mapping[tuple[type[Component], type[Component]], Callable[[_Names, _Names], bool]]:
        """What relates components of two kinds; kinds that are not listed are always related."""
        return {
            (Host, VM): lambda host, vm: host[0] in self.places(vm[0]),
            (Host, AvailabilitySet): lambda host, group: bool(self._lanes(host[0], group[0])),
            (Host, ScheduledEvent): lambda host, event: host[0] == event[0],
            (VM, AvailabilitySet): lambda vm, group: self.vms[vm[0]].availability_set == group[0],
            (VM, ScheduledEvent): lambda vm, event: (
                event[0] in self.places(vm[0]) and event[1] == self.tenant(vm[0])
            ),
            (AvailabilitySet, ScheduledEvent): lambda group, event: group[0] == event[1],
        }

    def _lanes(self, host: str, availability_set: str) -> Lanes:
        return self._carried[host].get(availability_set, Lanes(frozenset()))

    @cached_property
    def _carried(self) -> Mapping[str, Mapping[str, Lanes]]:
        return carried_lanes(self.fleet, self._lane)

    def _constant(self, hint: Any, bound: Mapping[str, int]) -> Hashable:  # noqa: ANN401
        names = {name: self.slots[slot].names for name, slot in bound.items()}
        if hint is UpdateKind:
            vm = names.get("vm")
            return self.kind_of_update(names["host"][0], vm[0] if vm else None)
        if hint is Lanes:
            return self._lanes(names["host"][0], names["availability_set"][0])
        if hint is Seat:
            return self.places(names["vm"][0]).index(names["destination"][0])
        if hint is Limits:
            return self.fleet.limits
        if hint is Attempts:
            return self.fleet.update.attempts
        raise TypeError(
            f"expected a component, UpdateKind, Lanes, Limits, Seat or Attempts, found {hint}"
        )

    def _seats_of(
        self, names: Sequence[str], slots: Sequence[int], free: frozenset[str]
    ) -> Iterator[tuple[int, int]]:
        hosts = [
            self.slots[slot].names[0]
            for name, slot in zip(names, slots, strict=True)
            if name not in {"destination", *free}
            and self.slots[slot].kind in {Host, ScheduledEvent}
        ]
        for position, (name, slot) in enumerate(zip(names, slots, strict=True)):
            if self.slots[slot].kind is VM and hosts and name not in free:
                places = self.places(self.slots[slot].names[0])
                if len(places) > 1:
                    yield position, places.index(hosts[0])


def carried_lanes(fleet: Fleet, lane: Lane) -> dict[str, dict[str, Lanes]]:
    """For each host, the domains of each set of which VMs are on it or may be.

    Domains are numbered by `lane`; a set of which a host carries none is left out.
    """
    hosts = {host.name: host for host in fleet.hosts}
    found: dict[str, dict[str, set[int]]] = {host.name: {} for host in fleet.hosts}
    for vm in fleet.vms:
        if vm.availability_set is not None:
            for place in (vm.host, *vm.may_move_to):
                of_set = found[place].setdefault(vm.availability_set, set())
                of_set.add(lane(vm, hosts[place]))
    return {
        host: {name: Lanes(frozenset(lanes)) for name, lanes in sets.items()}
        for host, sets in found.items()
    }


def components_of(function: Callable[..., Any]) -> Mapping[str, type[Component]]:
    """Which kind of component each parameter of `function` is; other parameters are left out."""
    hints = get_type_hints(function, include_extras=True)
    kinds = {name: _kinds_of(hint, {}) for name, hint in hints.items() if name != "return"}
    return {name: found[0] for name, found in kinds.items() if found}


def _kinds_of(hint: Any, kinds: Mapping[Any, _Kinds]) -> _Kinds:  # noqa: ANN401
    base = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if base in kinds:
        return kinds[base]
    return (base,) if isinstance(base, type) and issubclass(base, Component) else ()
