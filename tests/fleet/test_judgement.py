"""All mistakes are told together, and none that only follows from another."""

from collections.abc import Callable

import pytest

Told = Callable[[str], list[str]]

MANY = """\
nam = "x"
[limits]
pause_seconds = 0
[timing]
pause = [2, 1]
updat = [1, 2]
[[availability_sets]]
name = "web"
update_domains = 3
[[availability_sets]]
name = "db"
fault_domains = 1
update_domains = 2
[[hosts]]
name = "a"
fault_domain = 2
[[hosts]]
name = "a"
[[vms]]
name = "v"
host = "b"
availability_set = "wbe"
[[vms]]
name = "w"
host = "a"
availability_set = "web"
update_domain = 3
[[vms]]
hots = "a"
preservable = 1
foo.bar = 3
may_move_to = [
  "a",
  "b",
  "a",
]
"""

KNOWN_OF_VMS = (
    "name, host, availability_set, update_domain, may_move_to, preservable, exists, address, domain"
)


def test_all_mistakes_are_told_together_in_the_order_of_lines(told: Told) -> None:
    span = "[min, max] with min <= max, each seconds from 0 to 2592000, no finer than 0.001"
    assert told(MANY) == [
        'f:1: nam: expected a known key, found "nam"; did you mean "name"?',
        (
            "f:3: limits.pause_seconds: expected seconds above 0, up to 2592000, "
            "no finer than 0.001, "
            "found 0"
        ),
        f"f:5: timing.pause: expected {span}, found [2, 1]",
        'f:6: timing.updat: expected a known key, found "updat"; did you mean "update"?',
        (
            'f:13: availability_sets."db".update_domains: expected 1, because fault_domains is 1 '
            "(line 12), found 2; set it to 1, or give the set more fault domains"
        ),
        (
            'f:16: hosts."a".fault_domain: expected a number below 2, the fault_domains of "web" '
            "(line 7) on this host, found 2"
        ),
        'f:18: hosts."a".name: expected a name of its own, found "a" again (see line 15)',
        (
            'f:21: vms."v".host: expected the name of one of the hosts, found "b"; add it under '
            "[[hosts]], or correct it"
        ),
        (
            'f:22: vms."v".availability_set: expected the name of one of the '
            "availability_sets, found "
            '"wbe"; did you mean "web"?'
        ),
        (
            'f:27: vms."w".update_domain: expected a number below 3, the update_domains of "web" '
            "(line 9), found 3"
        ),
        'f:28: vms[2].name: expected a value, found none; add name = "…"',
        'f:29: vms[2].hots: expected a known key, found "hots"; did you mean "host"?',
        "f:30: vms[2].preservable: expected true or false, found 1",
        f'f:31: vms[2].foo: expected one of {KNOWN_OF_VMS}, found "foo"',
        (
            'f:34: vms[2].may_move_to[1]: expected the name of one of the hosts, found "b"; add it '
            "under [[hosts]], or correct it"
        ),
        'f:35: vms[2].may_move_to[2]: expected each host once, found "a" again; remove it',
    ]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (
            "",
            [
                'f:1: name: expected a value, found none; add name = "…"',
                (
                    "f:1: hosts: expected at least one host, found none; add a [[hosts]] "
                    "table with a "
                    "name"
                ),
            ],
        ),
        (
            'name = "x"\nhosts = 3',
            ["f:2: hosts: expected an array of tables, [[hosts]], found 3"],
        ),
        (
            'name = "x"\n[hosts]\nname = "a"',
            ["f:2: hosts: expected an array of tables, [[hosts]], found a table"],
        ),
        (
            'name = "x"\nhosts = [\n{name = "a"},\n"b"]',
            ['f:4: hosts[1]: expected a table, found "b"'],
        ),
        (
            'name = "x"\nlimits = 30\n[[hosts]]\nname = "a"',
            ["f:2: limits: expected a table, [limits], found 30"],
        ),
        (
            'name = "x"\n[[limits]]\n[[hosts]]\nname = "a"',
            ["f:2: limits: expected a table, [limits], found an array of tables"],
        ),
        (
            'name = "x"\ntiming.pose = [0, 1]\n[[hosts]]\nname = "a"',
            ['f:2: timing.pose: expected a known key, found "pose"; did you mean "pause"?'],
        ),
        (
            'name = "x"\nfaults = {"a.b" = 1}\n[[hosts]]\nname = "a"',
            [
                (
                    'f:2: faults."a.b": expected one of update_hang, update_failure, '
                    "pause_failure, "
                    "resume_failure, agent_silent, agent_death, vm_crash, power_loss, "
                    'controller_crash, event_lost, event_repeated, io_error, found "a.b"'
                ),
            ],
        ),
    ],
)
def test_a_wrong_shape_is_told_with_the_right_one(
    told: Told, text: str, messages: list[str]
) -> None:
    assert told(text) == messages


def test_a_misspelt_kind_of_entry_does_not_leave_every_name_dangling(told: Told) -> None:
    text = 'name = "x"\n[[host]]\nname = "a"\n[[vms]]\nname = "v"\nhost = "a"\n'
    assert told(text) == ['f:2: host: expected a known key, found "host"; did you mean "hosts"?']


def test_a_misspelt_name_of_a_set_is_not_missed_by_its_vms(told: Told) -> None:
    text = 'name = "x"\nhosts = [{name = "a"}]\navailability_sets = [{nmae = "web"}]\n'
    text += '[[vms]]\nname = "v"\nhost = "a"\navailability_set = "web"\n'
    message = 'expected a known key, found "nmae"; did you mean "name"?'
    assert told(text) == [f"f:3: availability_sets[0].nmae: {message}"]


def test_a_refused_count_is_not_compared_with_anything(told: Told) -> None:
    text = 'name = "x"\nhosts = [{name = "a"}]\n'
    text += 'availability_sets = [{name = "web", update_domains = "8"}]\n'
    text += 'vms = [{name = "v", host = "a", availability_set = "web", update_domain = 7}]\n'
    message = 'expected a whole number from 1 to 20, found "8"'
    assert told(text) == [f'f:3: availability_sets."web".update_domains: {message}']


def test_a_misspelt_key_does_not_hide_a_mistake_at_the_key_it_resembles(told: Told) -> None:
    text = 'name = "x"\nhosts = [{name = "a"}]\n'
    text += 'vms = [{name = "v", host = "z",\nhots = "a"}]\n'.replace(",\n", ", ")
    assert told(text) == [
        'f:3: vms."v".hots: expected a known key, found "hots"; did you mean "host"?',
        (
            'f:3: vms."v".host: expected the name of one of the hosts, found "z"; add it under '
            "[[hosts]], or correct it"
        ),
    ]
