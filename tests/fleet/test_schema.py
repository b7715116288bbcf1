"""Every value of a fleet file has a type and a range, and what is outside is refused by name."""

from collections.abc import Callable

import pytest

from freezeframe.fleet import parse_fleet

Told = Callable[[str], list[str]]

SECONDS = "seconds from 0 to 2592000, no finer than 0.001"
LIMIT = "seconds above 0, up to 2592000, no finer than 0.001"
SPAN = f"[min, max] with min <= max, each {SECONDS}"
COUNT = "a whole number from 0 to 1000"
NAME = "a name of 1 to 255 printable characters, no blank at its ends"
KINDS = 'one of "no-impact", "vm-preserving", "disruptive"'
ADDRESS = 'an IP address, such as "10.0.0.5"'
URI = 'a URI without blanks, such as "qemu+ssh://host-a/system"'
COMMAND = 'an array of a program and its arguments, such as ["update", "--now"]'
FLAG = "true or false"


def valid(section: str, line: str) -> str:
    """Return a fleet with one line more: in a section, or in the entry of a kind."""
    entries = {
        "availability_sets": 'name = "web"',
        "hosts": 'name = "a"',
        "vms": 'name = "v"\nhost = "a"\navailability_set = "web"',
    }
    text = 'name = "x"\n'
    if section not in entries:
        text += f"[{section}]\n{line}\n"
    for kind, entry in entries.items():
        key = line.partition(" ")[0]
        kept = [each for each in entry.split("\n") if not each.startswith(f"{key} =")]
        more = [line] if kind == section else []
        text += "\n".join([f"[[{kind}]]", *(kept if more else entry.split("\n")), *more, ""])
    return text


@pytest.mark.parametrize(
    ("section", "line", "expected", "found"),
    [
        ("limits", "pause_seconds = 0", LIMIT, "0"),
        ("limits", "pause_seconds = -1", LIMIT, "-1"),
        ("limits", "pause_seconds = 2592001", LIMIT, "2592001"),
        ("limits", "pause_seconds = true", LIMIT, "true"),
        ("limits", "pause_seconds = nan", LIMIT, "NaN"),
        ("limits", "pause_seconds = 1e99999999999999999999", LIMIT, "NaN"),
        ("limits", "notice_seconds = inf", SECONDS, "Infinity"),
        ("limits", "notice_seconds = 0.0001", SECONDS, "0.0001"),
        ("limits", "notice_seconds = 1e-99999999", SECONDS, "1E-99999999"),
        ("limits", "notice_seconds = 1e999999", SECONDS, "1E+999999"),
        ("limits", 'clock_tolerance_seconds = "1"', SECONDS, '"1"'),
        ("limits", "clock_tolerance_seconds = -0.001", SECONDS, "-0.001"),
        ("timing", "pause = 5", SPAN, "5"),
        ("timing", "pause = [5]", SPAN, "[5]"),
        ("timing", "pause = [1, 2, 3]", SPAN, "[1, 2, 3]"),
        ("timing", "pause = [5, 1]", SPAN, "[5, 1]"),
        ("timing", "pause = [0, inf]", SPAN, "[0, Infinity]"),
        ("timing", "pause = [false, 1]", SPAN, "[false, 1]"),
        ("timing", "pause = [-1, 1]", SPAN, "[-1, 1]"),
        ("timing", "pause = [0, 0.0005]", SPAN, "[0, 0.0005]"),
        ("timing", "pause = {min = 1}", SPAN, "a table"),
        ("update", 'kind = "reboot"', KINDS, '"reboot"'),
        ("update", "kind = ['disruptive']", KINDS, '["disruptive"]'),
        ("update", "attempts = 0", "a whole number from 1 to 1000", "0"),
        ("faults", "vm_crash = -1", COUNT, "-1"),
        ("faults", "vm_crash = 1001", COUNT, "1001"),
        ("faults", "vm_crash = 1.0", COUNT, "1.0"),
        ("faults", "vm_crash = true", COUNT, "true"),
        ("customer", "stop = '1'", COUNT, '"1"'),
        ("operator", "cancel = 1979-05-27", COUNT, "1979-05-27"),
        ("tolerance", "resume_failure = -1", COUNT, "-1"),
        ("availability_sets", "update_domains = 0", "a whole number from 1 to 20", "0"),
        ("availability_sets", "update_domains = 21", "a whole number from 1 to 20", "21"),
        ("availability_sets", "fault_domains = 4", "a whole number from 1 to 3", "4"),
        ("hosts", "fault_domain = 3", "a whole number from 0 to 2", "3"),
        ("hosts", "update = true", KINDS, "true"),
        ("vms", "address = '10.0.0'", ADDRESS, '"10.0.0"'),
        ("vms", "address = '::01'", ADDRESS, '"::01"'),
        ("hosts", "uri = 'host-a'", URI, '"host-a"'),
        ("hosts", "uri = ':'", URI, '":"'),
        ("hosts", "uri = 'test:///a b'", URI, '"test:///a b"'),
        ("hosts", f"uri = 'test:{'x' * 1996}'", URI, f'"test:{"x" * 53}…'),
        ("hosts", "update_command = 'update --now'", COMMAND, '"update --now"'),
        ("hosts", "update_command = []", COMMAND, "[]"),
        ("hosts", "update_command = [' ']", COMMAND, '[" "]'),
        ("hosts", "update_command = ['a', 1]", COMMAND, '["a", 1]'),
        ("hosts", 'rollback_command = ["a", "\\u0000"]', COMMAND, r'["a", "\u0000"]'),
        ("hosts", "update_timeout_seconds = 0", LIMIT, "0"),
        ("hosts", "rollback_timeout_seconds = '1'", LIMIT, '"1"'),
        ("vms", "name = ''", NAME, '""'),
        ("vms", "name = ' v'", NAME, '" v"'),
        ("vms", 'name = "a\\nb"', NAME, r'"a\nb"'),
        ("vms", f"name = '{'x' * 256}'", NAME, f'"{"x" * 58}…'),
        ("vms", "name = 1", NAME, "1"),
        ("vms", "update_domain = 20", "a whole number from 0 to 19", "20"),
        ("vms", "update_domain = -1", "a whole number from 0 to 19", "-1"),
        ("vms", "may_move_to = 'a'", "an array of names", '"a"'),
        ("vms", "may_move_to = ['a', 1]", "an array of names", '["a", 1]'),
        ("vms", "preservable = 1", FLAG, "1"),
        ("vms", 'exists = "true"', FLAG, '"true"'),
    ],
)
def test_a_value_out_of_its_range_is_refused(
    told: Told, section: str, line: str, expected: str, found: str
) -> None:
    text = valid(section, line)
    key = line.partition(" ")[0]
    number = text.split("\n").index(line) + 1
    entry = {"availability_sets": '."web"', "hosts": '."a"', "vms": '."v"'}.get(section, "")
    entry = "[0]" if key == "name" else entry
    message = f"f:{number}: {section}{entry}.{key}: expected {expected}, found {found}"
    assert told(text) == [message]


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("limits", "pause_seconds = 0.001"),
        ("limits", "pause_seconds = 2592000"),
        ("limits", "notice_seconds = -0.0"),
        ("limits", "notice_seconds = 1.5000000000000000000000000000000000000"),
        ("timing", "pause = [0, 0]"),
        ("faults", "vm_crash = 1000"),
        ("faults", "vm_crash = 0"),
        ("update", "attempts = 1"),
        ("availability_sets", "update_domains = 1"),
        ("availability_sets", "update_domains = 20"),
        ("availability_sets", "fault_domains = 1"),
        ("availability_sets", "fault_domains = 3"),
        ("hosts", "fault_domain = 1"),
        ("hosts", f"uri = 'test:{'x' * 1995}'"),
        ("hosts", "uri = 'qemu+unix:///system?socket=/run/a/libvirt-sock'"),
        ("vms", "update_domain = 4"),
        ("vms", "address = '255.255.255.255'"),
        ("vms", "address = '::1'"),
        ("vms", f"name = '{'é' * 255}'"),
        ("vms", "name = 'a name with blanks [and] \"signs\"'"),
    ],
)
def test_a_value_at_the_edge_of_its_range_is_accepted(told: Told, section: str, line: str) -> None:
    assert told(valid(section, line)) == []


def test_no_duration_is_rounded() -> None:
    fleet = parse_fleet(valid("timing", "pause = [0.001, 1234567.891]"), "f")
    assert (fleet.timing.pause.min_ms, fleet.timing.pause.max_ms) == (1, 1_234_567_891)
