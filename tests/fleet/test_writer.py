"""What is written reads back as the same fleet, and reads well."""

from dataclasses import fields, replace
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from freezeframe.fleet import (
    AvailabilitySet,
    CustomerActions,
    Faults,
    Fleet,
    Host,
    Limits,
    OperatorActions,
    Span,
    Timing,
    Tolerance,
    Update,
    UpdateKind,
    VirtualMachine,
    parse_fleet,
    write_fleet,
)

T = TypeVar("T")

NAMES = st.text(min_size=1, max_size=12).filter(
    lambda text: text.isprintable() and text == text.strip()
)
COUNTS = st.integers(0, 3)
MILLISECONDS = st.integers(0, 30 * 24 * 3600 * 1000) | st.integers(0, 60).map(lambda s: s * 1000)
SPANS = st.tuples(MILLISECONDS, MILLISECONDS).map(lambda ends: Span(min(ends), max(ends)))
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
COMMANDS = st.tuples(WORDS.filter(str.strip), WORDS) | st.tuples(WORDS.filter(str.strip))
KINDS = st.sampled_from(UpdateKind)


def of(kind: type[T], each: st.SearchStrategy[object]) -> st.SearchStrategy[T]:
    """Draw a value class whose fields are all alike."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type] # a dataclass
    return st.builds(kind, **dict.fromkeys(names, each))


@st.composite
def vms(
    draw: st.DrawFn, name: str, hosts: list[str], sets: list[AvailabilitySet]
) -> VirtualMachine:
    host = draw(st.sampled_from(hosts))
    others = [each for each in hosts if each != host]
    chosen = draw(st.sampled_from([None, *sets]))
    return VirtualMachine(
        name=name,
        host=host,
        availability_set=chosen.name if chosen else None,
        update_domain=draw(st.integers(0, chosen.update_domains - 1)) if chosen else None,
        may_move_to=tuple(draw(st.permutations(others)))[: draw(st.integers(0, 2))],
        preservable=draw(st.booleans()),
        exists=draw(st.booleans()),
    )


@st.composite
def reached(draw: st.DrawFn, uri: str, timing: Timing) -> Host:
    """Draw how a host is reached and updated, or that nothing is said of it."""
    rollbacks = st.integers(1, timing.rollback.max_ms) if timing.rollback.max_ms else st.none()
    has_commands = draw(st.booleans())
    return Host(
        "",
        uri=draw(st.sampled_from([None, uri])),
        update_command=draw(COMMANDS) if has_commands else (),
        rollback_command=draw(COMMANDS) if has_commands else (),
        update_timeout_ms=draw(st.none() | st.integers(1, 9_999)) if has_commands else None,
        rollback_timeout_ms=draw(st.none() | rollbacks) if has_commands else None,
    )


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Draw a fleet that a file could have described."""
    hosts = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    sets = [
        AvailabilitySet(name, 1 if fault_domains == 1 else draw(st.integers(1, 20)), fault_domains)
        for name in draw(st.lists(NAMES, max_size=3, unique=True))
        for fault_domains in [draw(st.integers(1, 3))]
    ]
    names = draw(st.lists(NAMES, max_size=5, unique=True))
    guests = tuple(
        replace(
            draw(vms(name, hosts, sets)),
            address=draw(st.sampled_from([None, f"10.0.0.{n}"])),
            domain=draw(st.sampled_from([None, f"{n} of its host"])),
        )
        for n, name in enumerate(names)
    )
    faults = draw(of(Faults, COUNTS))
    lowest = min((each.fault_domains for each in sets), default=3)
    kinds = [None, *UpdateKind]
    timing = draw(of(Timing, SPANS))
    placed = [
        replace(
            draw(reached(f"test:///{number}", timing)),
            name=name,
            fault_domain=draw(st.integers(0, lowest - 1)),
            update=draw(st.sampled_from(kinds)),
        )
        for number, name in enumerate(hosts)
    ]
    update = draw(st.builds(Update, KINDS, st.integers(1, 9)))
    kind_of = {host.name: host.update or update.kind for host in placed}
    pausing = any(
        vm.preservable and UpdateKind.VM_PRESERVING in map(kind_of.get, (vm.host, *vm.may_move_to))
        for vm in guests
    )
    same = Tolerance(**{each.name: getattr(faults, each.name) for each in fields(Tolerance)})
    return Fleet(
        name=draw(NAMES),
        hosts=tuple(placed),
        vms=guests,
        availability_sets=tuple(sets),
        timing=timing,
        limits=draw(st.builds(Limits, MILLISECONDS.map(lambda ms: ms or 1), COUNTS, MILLISECONDS)),
        update=update,
        faults=faults,
        customer=draw(budgets(guests)),
        operator=draw(of(OperatorActions, COUNTS)),
        tolerance=draw(of(Tolerance, COUNTS)) if pausing else same,
    )


def budgets(guests: tuple[VirtualMachine, ...]) -> st.SearchStrategy[CustomerActions]:
    """Draw budgets that the VMs allow to be spent."""
    nothing = st.just(0)
    return st.builds(
        CustomerActions,
        create=COUNTS if any(not vm.exists for vm in guests) else nothing,
        move=COUNTS if any(vm.may_move_to for vm in guests) else nothing,
        **dict.fromkeys(("delete", "start", "stop", "suspend"), COUNTS if guests else nothing),
    )


@given(fleets())
def test_a_written_fleet_reads_back_equal(fleet: Fleet) -> None:
    assert parse_fleet(write_fleet(fleet), "written") == fleet


SMALL = Fleet(
    name='the "small" one',
    hosts=(
        Host(
            "a",
            uri="test:///default",
            update_command=("sh", "-c", 'echo "new"\n'),
            rollback_command=("true",),
            rollback_timeout_ms=2_500,
        ),
        Host("b", 1, UpdateKind.DISRUPTIVE),
    ),
    vms=(
        VirtualMachine("v", "a", "web", 0, may_move_to=("b",)),
        VirtualMachine("w", "b", preservable=False, exists=False, address="10.0.0.5", domain="w 1"),
    ),
    availability_sets=(AvailabilitySet("web"), AvailabilitySet("db", 1, 1)),
    timing=Timing(update=Span(500, 15_000), recovery=Span(0, 1_800_000)),
    limits=Limits(notice_ms=10_250),
    faults=Faults(event_lost=2),
    customer=CustomerActions(move=1),
    tolerance=Tolerance(event_lost=1),
)

WRITTEN = """\
# from here
# and there

name = "the \\"small\\" one"

[limits]  # what customers are promised
notice_seconds = 10.25

[timing]  # seconds [min, max] that each step takes
update = [0.5, 15]
recovery = [0, 1800]

[faults]  # how many of each may happen
event_lost = 2

[customer]  # how often customers may do each
move = 1

[tolerance]  # faults that deadlines leave time for
event_lost = 1

[[availability_sets]]
name = "web"

[[availability_sets]]
name = "db"
fault_domains = 1

[[hosts]]
name = "a"
uri = "test:///default"
update_command = ["sh", "-c", "echo \\"new\\"\\n"]
rollback_command = ["true"]
rollback_timeout_seconds = 2.5

[[hosts]]
name = "b"
fault_domain = 1
update = "disruptive"

[[vms]]
name = "v"
host = "a"
availability_set = "web"
update_domain = 0
may_move_to = ["b"]

[[vms]]
name = "w"
host = "b"
preservable = false
exists = false
address = "10.0.0.5"
domain = "w 1"
"""


def test_defaults_are_left_out_and_the_rest_is_explained() -> None:
    assert write_fleet(SMALL, ["from here\nand there"]) == WRITTEN


def test_the_text_for_a_person_reads_back_too() -> None:
    assert parse_fleet(WRITTEN, "written") == SMALL
