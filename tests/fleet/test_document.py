"""A fleet file is read as it was meant, or refused with everything that is wrong with it."""

import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from freezeframe.fleet import (
    AvailabilitySet,
    CustomerActions,
    Faults,
    Fleet,
    FleetError,
    Host,
    Limits,
    Mistake,
    OperatorActions,
    Span,
    Timing,
    Tolerance,
    Update,
    UpdateKind,
    VirtualMachine,
    parse_fleet,
    read_fleet,
)
from freezeframe.fleet.document import FILE_BYTES_MAX
from freezeframe.fleet.examples import example_text

EVERYTHING = """
name = "all keys"
[limits]
pause_seconds = 20
clock_tolerance_seconds = 0.25
notice_seconds = 0
[timing]
pause = [0, 1]
update = [1.5, 2.001]
rollback = [0.0, 1e1]
resume = [3, 3]
clock_sync = [0, 0]
restart = [1, 2]
poll = [2, 3]
recovery = [1800, 1800]
[update]
kind = "no-impact"
attempts = 3
[faults]
update_hang = 1
controller_crash = 2
resume_failure = 3
[customer]
create = 1
delete = 2
start = 3
stop = 4
move = 5
suspend = 6
[operator]
cancel = 7
[tolerance]
controller_crash = 0
[[availability_sets]]
name = "web"
update_domains = 20
fault_domains = 3
[[availability_sets]]
name = "single"
fault_domains = 1
[[availability_sets]]
name = "default"
[[hosts]]
name = "a"
[[hosts]]
name = "b"
fault_domain = 2
update = "vm-preserving"
[[vms]]
name = "first"
host = "b"
availability_set = "web"
update_domain = 19
may_move_to = ["a"]
preservable = false
exists = false
[[vms]]
name = "second"
host = "a"
"""


def test_every_key_reaches_the_fleet() -> None:
    assert parse_fleet(EVERYTHING, "all.toml") == Fleet(
        name="all keys",
        hosts=(Host("a"), Host("b", 2, UpdateKind.VM_PRESERVING)),
        vms=(
            VirtualMachine("first", "b", "web", 19, ("a",), preservable=False, exists=False),
            VirtualMachine("second", "a"),
        ),
        availability_sets=(
            AvailabilitySet("web", 20, 3),
            AvailabilitySet("single", 1, 1),
            AvailabilitySet("default", 5, 2),
        ),
        timing=Timing(
            pause=Span(0, 1_000),
            update=Span(1_500, 2_001),
            rollback=Span(0, 10_000),
            resume=Span(3_000, 3_000),
            clock_sync=Span(0, 0),
            restart=Span(1_000, 2_000),
            poll=Span(2_000, 3_000),
            recovery=Span(1_800_000, 1_800_000),
        ),
        limits=Limits(20_000, 250, 0),
        update=Update(UpdateKind.NO_IMPACT, 3),
        faults=Faults(update_hang=1, controller_crash=2, resume_failure=3),
        customer=CustomerActions(create=1, delete=2, start=3, stop=4, move=5, suspend=6),
        operator=OperatorActions(cancel=7),
        tolerance=Tolerance(resume_failure=3, controller_crash=0, event_lost=0),
    )


def test_a_name_and_a_host_are_enough() -> None:
    fleet = parse_fleet('name = "x"\nhosts = [{name = "a"}]', "x.toml")
    assert fleet == Fleet(name="x", hosts=(Host("a"),), vms=())


def test_update_domains_go_round_robin_through_each_set_in_the_order_of_the_file() -> None:
    text = 'name = "x"\nhosts = [{name = "a"}]\n'
    text += "availability_sets = [{name = 's', update_domains = 2}, {name = 't'}]\n"
    for number, key in enumerate(["s", "t", "s", "t", "s", "s"]):
        text += f"[[vms]]\nname = '{number}'\nhost = 'a'\navailability_set = '{key}'\n"
        text += "update_domain = 0\n" if number == 2 else ""
    domains = [(vm.availability_set, vm.update_domain) for vm in parse_fleet(text, "").vms]
    assert domains == [("s", 0), ("t", 0), ("s", 0), ("t", 1), ("s", 0), ("s", 1)]


def refused(path: Path) -> str:
    with pytest.raises(FleetError) as caught:
        read_fleet(path)
    return str(caught.value).replace(str(path), "FILE")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    message = "FILE: expected a readable fleet file, found: No such file or directory"
    assert refused(tmp_path / "absent.toml") == message


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == "FILE: expected a readable fleet file, found: Is a directory"


def test_an_impossible_path_is_refused() -> None:
    message = "FILE: expected a readable fleet file, found: embedded null byte"
    assert refused(Path("a\0b")) == message


def test_a_file_without_end_is_refused() -> None:
    assert (
        refused(Path("/dev/zero")) == f"FILE: expected at most {FILE_BYTES_MAX} bytes, found more"
    )


def test_text_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes('name = "x"\n# caf\xe9\n'.encode("latin-1"))
    expected = "FILE:2: expected text in UTF-8, found the byte 0xe9; save the file as UTF-8"
    assert refused(path) == expected


def test_a_byte_order_mark_and_carriage_returns_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "x"\r\n[[hosts]]\r\nname = "a"\r\n')
    assert read_fleet(path).hosts == (Host("a"),)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name = 'x'\nhosts = = 3", "f:2: "),
        ("name = 'x'\n\nhosts = [\n\n", "f:3: "),
        ("name = 'x'\nname = 'y'\n", "f:2: "),
        ("name", "f:1: "),
        ("name = 'x'\n# \a", "f:2: "),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(text: str, place: str) -> None:
    with pytest.raises(FleetError) as caught:
        parse_fleet(text, "f")
    assert str(caught.value).startswith(f"{place}expected valid TOML, found: ")


@pytest.mark.parametrize("depth", [50, 100, 200, 300, 400, 410, 420, 430, 440, 450, 500, 100_000])
@pytest.mark.parametrize("key", ["name", "hosts", "nested"])
def test_no_depth_of_nesting_is_too_much_for_a_message(depth: int, key: str) -> None:
    with pytest.raises(FleetError):
        parse_fleet(f"{key} = {'[' * depth}{']' * depth}", "f")


def test_an_integer_too_long_for_python_is_refused() -> None:
    with pytest.raises(FleetError, match="f: expected valid TOML, found: Exceeds the limit"):
        parse_fleet(f"name = {'9' * 5000}", "f")


def mistakes(read: Callable[[], Fleet]) -> tuple[Mistake, ...]:
    """Return what is wrong with a file; nothing if it is a fleet. Any other error escapes."""
    try:
        assert isinstance(read(), Fleet)
    except FleetError as error:
        return error.mistakes or (Mistake("", 0, "", "an error without a mistake"),)
    return ()


def judged(text: str) -> None:
    """Check that `text` gives a fleet, or mistakes that stand on its lines."""
    last = text.count("\n") + 1
    found = mistakes(lambda: parse_fleet(text, "f"))
    assert all(each.line is None or 1 <= each.line <= last for each in found)


@given(st.text())
def test_any_text_gives_a_fleet_or_mistakes(text: str) -> None:
    judged(text)


@given(st.binary(), st.integers(0))
def test_any_bytes_give_a_fleet_or_mistakes(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, place: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    whole = EVERYTHING.encode()
    cut = place % len(whole)
    path.write_bytes(whole[:cut] + content + whole[cut:])
    assert all(each.line != 0 for each in mistakes(lambda: read_fleet(path)))


VALUES = st.recursive(
    st.one_of(
        st.sampled_from(["web", "a", "b", "", " a", "vm-preserving", "\n", 0, 1, 10**30, -1]),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.booleans(),
        st.dates(),
        st.datetimes(),
        st.times(),
        st.text(max_size=5),
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "host", "x", "é\n"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def containers(value: object) -> list[Any]:
    """Return all tables and arrays in a document."""
    if isinstance(value, dict):
        return [value, *(found for member in value.values() for found in containers(member))]
    if isinstance(value, list):
        return [value, *(found for member in value for found in containers(member))]
    return []


def mutate(document: dict[str, Any], at: random.Random, value: object) -> None:
    """Change, remove, double, rename or add one thing somewhere in `document`."""
    target = at.choice(containers(document))
    keys = list(target) if isinstance(target, dict) else list(range(len(target)))
    change = at.choice(["replace", "replace", "remove", "copy"])
    if not keys or change == "copy":
        if isinstance(target, list):
            target.append(target[at.randrange(len(target))] if keys else value)
        else:
            source = target[at.choice(keys)] if keys else value
            target[at.choice(["name", "hosts", "vm", "update_domain", "é.\n", "kind"])] = source
    elif change == "replace":
        target[at.choice(keys)] = value
    else:
        del target[at.choice(keys)]


@settings(max_examples=300)
@given(st.data(), st.randoms(use_true_random=False), st.integers(1, 6))
def test_any_change_of_a_valid_file_gives_a_fleet_or_mistakes(
    data: st.DataObject, at: random.Random, changes: int
) -> None:
    text = data.draw(st.sampled_from([EVERYTHING, example_text("eventful")]))
    document = tomllib.loads(text)
    for _ in range(changes):
        mutate(document, at, data.draw(VALUES))
    judged(tomlkit.dumps(document))
