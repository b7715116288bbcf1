"""Records are written and read back, and nothing that is not one is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from freezeframe.lifecycles import EventStatus, HostStatus, VmStatus
from freezeframe.observation import (
    KINDS,
    AlarmSeen,
    ClockMeasured,
    ControllerStarted,
    Ended,
    EventSeen,
    Fact,
    HostSeen,
    HostTold,
    MemoryChecked,
    MemoryFingerprinted,
    Operation,
    Outcome,
    Provenance,
    Reason,
    Record,
    RecordsError,
    Repeats,
    SightChanged,
    StepTaken,
    Subject,
    Told,
    VmSeen,
    read_history,
    read_records,
    write_records,
)

ONE_OF_EACH: dict[str, Fact] = {
    "vm seen": VmSeen(VmStatus.PAUSED, Reason.IO_ERROR, is_held=True),
    "vm operation": Told(Operation.PAUSE, Outcome.UNKNOWN, "no answer"),
    "host operation": HostTold(Operation.UPDATE, Outcome.FAILED, "it did not come up"),
    "clock measured": ClockMeasured(-9_787, 12),
    "memory fingerprinted": MemoryFingerprinted("ab12", "peek, 4096 of 8192 bytes", 7),
    "memory checked": MemoryChecked(is_intact=False),
    "host seen": HostSeen(HostStatus.ROLLING_BACK, has_new_software=True),
    "event seen": EventSeen("web", "A-1", EventStatus.STARTED),
    "alarm seen": AlarmSeen(is_raised=True, why="vm-1 failed"),
    "sight changed": SightChanged(is_in_sight=False, why="the daemon was restarted"),
    "step taken": StepTaken("controller", "pause host-a web-0"),
    "repeats": Repeats(3),
    "controller started": ControllerStarted(),
    "ended": Ended(),
}
HEADER = '{"format": "freezeframe-records", "version": 1}'
GOOD: dict[str, Any] = {
    "source": "s",
    "sequence": 1,
    "monotonic_ms": 5,
    "wall_ms": 6,
    "kind": "clock measured",
    "host": "h",
    "vm": "v",
    "offset_ms": 1,
    "uncertainty_ms": 0,
}


def record(kind: str) -> Record:
    subject = KINDS[kind][1]
    host = None if subject is Subject.FLEET else "höst a"
    return Record("s", 3, 17, 99, ONE_OF_EACH[kind], host, "vm" if subject is Subject.VM else None)


def mistakes(*lines: str) -> list[str]:
    with pytest.raises(RecordsError) as caught:
        read_records("\n".join((HEADER, *lines)), "trace.jsonl")
    return str(caught.value).split("\n")


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_of_every_kind_is_read_as_it_was_written(kind: str) -> None:
    text = write_records([record(kind)])
    assert json.loads(text.split("\n")[1])["kind"] == kind
    assert read_records(text) == (record(kind),)


def test_a_fact_about_nothing_of_a_host_names_none() -> None:
    line = json.loads(write_records([record("ended")]).split("\n")[1])
    assert line == {
        "source": "s",
        "sequence": 3,
        "monotonic_ms": 17,
        "wall_ms": 99,
        "kind": "ended",
    }


def test_fields_with_a_default_may_be_left_out() -> None:
    line = {**GOOD, "kind": "vm seen", "status": "running"}
    del line["offset_ms"], line["uncertainty_ms"]
    (read,) = read_records(f"{HEADER}\n{json.dumps(line)}\n")
    assert read.fact == VmSeen(VmStatus.RUNNING, Reason.UNKNOWN)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"offset_ms": 1.5}, "offset_ms: expected a whole number, found 1.5"),
        ({"offset_ms": True}, "offset_ms: expected a whole number, found true"),
        ({"sequence": 0}, "sequence: expected a number from 1, found 0"),
        ({"monotonic_ms": "5"}, 'monotonic_ms: expected a whole number, found "5"'),
        ({"vm": None}, "vm: expected a text, found null"),
        ({"vm": ""}, "vm: expected a printable name, found none"),
        ({"digest": "x"}, 'digest: expected no such key in a record of kind "clock measured"'),
        ({"kind": "rumour"}, "kind: expected one of vm seen, vm operation"),
    ],
)
def test_what_is_wrong_is_told_with_line_key_expected_and_found(
    change: dict[str, Any], message: str
) -> None:
    (told,) = mistakes(json.dumps(GOOD), json.dumps({**GOOD, **change}))
    assert told.startswith(f"trace.jsonl:3: {message}")


def test_a_missing_key_is_told() -> None:
    line = {key: value for key, value in GOOD.items() if key != "wall_ms"}
    assert mistakes(json.dumps(line)) == ["trace.jsonl:2: wall_ms: expected this key, found none"]


def test_a_status_that_no_hypervisor_shows_is_refused() -> None:
    line = {**GOOD, "kind": "vm seen", "status": "resuming", "reason": "user", "is_held": False}
    del line["offset_ms"], line["uncertainty_ms"]
    (told,) = mistakes(json.dumps(line))
    assert "status: expected one of absent, failed, paused, running, stopped" in told


def test_several_mistakes_are_told_together_up_to_a_bound() -> None:
    assert len(mistakes("[]", "nonsense", json.dumps({**GOOD, "sequence": -1}))) == 3
    assert len(mistakes(*["{}"] * 50)) == 20


def test_a_line_that_was_cut_off_is_a_mistake() -> None:
    (told,) = mistakes(json.dumps(GOOD)[:-5])
    assert told.startswith("trace.jsonl:2: expected one JSON object")
    assert told.endswith("; its end is missing: remove this line to have the rest judged")
    assert "its end is missing" not in "".join(mistakes(json.dumps(GOOD)[:-5], ""))


def test_a_key_given_twice_is_a_mistake() -> None:
    (told,) = mistakes(json.dumps(GOOD)[:-1] + ', "vm": "w"}')
    assert told == "trace.jsonl:2: vm: expected the key once, found it 2 times"


@pytest.mark.parametrize(
    "text", ["", "{}\n", HEADER.replace("1}", "2}"), '{"format": "freezeframe-trace"}']
)
def test_another_format_or_version_is_refused(text: str) -> None:
    with pytest.raises(RecordsError, match="expected"):
        read_records(text)


def test_a_record_of_what_nobody_can_have_seen_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="host: expected none for a fact about the fleet"):
        Record("s", 1, 0, 0, Ended(), "host")
    with pytest.raises(ValueError, match="vm: expected a printable name"):
        Record("s", 1, 0, 0, MemoryChecked(is_intact=True), "host")


def test_a_header_tells_what_was_recorded_and_what_could_be() -> None:
    told = Provenance(("vm seen", "ended"), 'name = "f"', "one-update-domain", ("pause/guard",))
    assert read_history(write_records([record("ended")], told)).provenance == told
    plain = write_records([record("ended")])
    assert plain.startswith(f"{HEADER}\n")
    assert read_history(plain).provenance == Provenance()
    assert set(Provenance().kinds) == set(KINDS)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("fleat", "x", "fleat: expected one of the keys format, version, kinds, fleet, policy"),
        ("fleet", 7, "fleet: expected a text, found 7"),
        ("without", "guard", 'without: expected an array of texts, found "guard"'),
        ("kinds", ["rumour"], "kinds: expected kinds among vm seen"),
        (
            "version",
            True,
            "version: expected 1, found true; another version of freezeframe wrote it",
        ),
    ],
)
def test_what_is_wrong_in_the_header_is_told(key: str, value: object, message: str) -> None:
    with pytest.raises(RecordsError) as caught:
        read_records(json.dumps({**json.loads(HEADER), key: value}), "trace.jsonl")
    assert str(caught.value).startswith(f"trace.jsonl:1: {message}")


def test_a_loop_of_less_than_no_record_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="records: expected a number from 0, found -1"):
        Record("s", 1, 0, 0, Repeats(-1))
