"""Values that are valid one by one must fit together."""

from collections.abc import Callable

import pytest

from freezeframe.fleet.consistency import VMS_PER_SET_MAX, close_name

Told = Callable[[str], list[str]]

HOSTS = 'name = "x"\nhosts = [{name = "a"}, {name = "b"}]\n'
SET = '[[availability_sets]]\nname = "web"\n'
VM = '[[vms]]\nname = "v"\nhost = "a"\n'
RUN = 'name = "x"\n[[hosts]]\nname = "a"\n'
COMMANDS = 'update_command = ["update"]\nrollback_command = ["undo"]\n'
PRESERVING = "found none, so 1 such faults in a pause are beside the point; remove the tolerance, "
PRESERVING += "or make a VM preservable on a host whose update is vm-preserving"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HOSTS + 'vms = [{name = "v", host = "a"}, {name = "v", host = "a"}]',
            'f:3: vms."v".name: expected a name of its own, found "v" again (see line 3)',
        ),
        (
            HOSTS + SET + SET,
            (
                'f:6: availability_sets."web".name: expected a name of its own, found "web" again '
                "(see line 4)"
            ),
        ),
        (
            HOSTS + VM + "update_domain = 0",
            (
                'f:6: vms."v".update_domain: expected no update_domain without an '
                "availability_set, "
                "found 0; name the VM's availability_set, or remove update_domain"
            ),
        ),
        (
            HOSTS + SET + VM + 'availability_set = "web"\nupdate_domain = 5',
            (
                'f:9: vms."v".update_domain: expected a number below 5, the '
                'update_domains of "web" '
                "(line 3), found 5"
            ),
        ),
        (
            HOSTS + SET + "fault_domains = 1\n" + VM + 'availability_set = "web"\nupdate_domain=1',
            (
                'f:10: vms."v".update_domain: expected a number below 1, the '
                'update_domains of "web" '
                "(line 3), found 1"
            ),
        ),
        (
            HOSTS + SET + VM.replace('"v"', '"web"'),
            (
                'f:6: vms."web".name: expected a name that no availability set has, since the VM '
                'is in none, found "web" (see line 4); rename one, or name the VM\'s set'
            ),
        ),
        (
            HOSTS + VM + 'may_move_to = ["b", "a"]',
            (
                'f:6: vms."v".may_move_to[1]: expected a host other than the VM\'s own, found '
                '"a"; remove it'
            ),
        ),
        (
            'name = "x"\nhosts = [{name = "a"},\n{name = "b", fault_domain = 2}]\n'
            + SET
            + VM
            + 'availability_set = "web"\nmay_move_to = ["b"]',
            (
                'f:3: hosts."b".fault_domain: expected a number below 2, the '
                'fault_domains of "web" '
                "(line 4) on this host, found 2"
            ),
        ),
        (
            HOSTS + "[customer]\nmove = 2\n" + VM,
            (
                "f:4: customer.move: expected, for a budget of 2, a VM with "
                "may_move_to = […], found "
                "none; add one, or remove the budget"
            ),
        ),
        (
            HOSTS + "[customer]\ncreate = 1\n" + VM,
            (
                "f:4: customer.create: expected, for a budget of 1, a VM with exists = false, or a "
                "budget to delete one, found neither; add one, or remove the budget"
            ),
        ),
        (
            HOSTS + "customer.stop = 1\n",
            (
                "f:3: customer.stop: expected, for a budget of 1, a VM, found none; add one, or "
                "remove the budget"
            ),
        ),
        (
            HOSTS + "tolerance.event_lost = 1\n" + VM + "preservable = false",
            "f:3: tolerance.event_lost: expected a VM that maintenance pauses, " + PRESERVING,
        ),
        (
            HOSTS + 'tolerance.event_lost = 1\nupdate.kind = "disruptive"\n' + VM,
            "f:3: tolerance.event_lost: expected a VM that maintenance pauses, " + PRESERVING,
        ),
        (
            RUN + 'uri = "test:///one"\n[[hosts]]\nname = "b"\nuri = "test:///one"',
            'f:7: hosts."b".uri: expected a URI of its own, found that of another (line 4)',
        ),
        (
            HOSTS
            + VM
            + 'address = "10.0.0.5"\n[[vms]]\nname = "w"\nhost = "a"\naddress = "10.0.0.5"',
            'f:10: vms."w".address: expected an address of its own, found that of another (line 6)',
        ),
        (
            HOSTS + VM + '[[vms]]\nname = "w"\nhost = "a"\ndomain = "v"',
            (
                'f:9: vms."w".domain: expected a domain of its own on "a", found that of another '
                "VM (line 4)"
            ),
        ),
        (
            RUN + 'update_command = ["update"]',
            (
                'f:4: hosts."a".update_command: expected a rollback_command beside it, without '
                "which an update cannot be aborted, found none; add one"
            ),
        ),
        (
            RUN + 'rollback_command = ["undo"]',
            (
                'f:4: hosts."a".rollback_command: expected an update_command beside it, found '
                "none; add one, or remove this"
            ),
        ),
        (
            RUN + "update_timeout_seconds = 3",
            (
                'f:4: hosts."a".update_timeout_seconds: expected no timeout without '
                "update_command, found one; add update_command, or remove this"
            ),
        ),
        (
            RUN + COMMANDS + "rollback_timeout_seconds = 2.5\n[timing]\nrollback = [0, 2]",
            (
                'f:6: hosts."a".rollback_timeout_seconds: expected at most 2, the longest '
                "rollback in [timing], which is all that deadlines leave time for; found 2.5"
            ),
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(told: Told, text: str, message: str) -> None:
    assert told(text) == [message]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HOSTS, id="no VMs"),
        pytest.param(HOSTS + SET, id="a set without VMs"),
        pytest.param(HOSTS + 'vms = [{name = "a", host = "a"}]', id="a VM called as its host"),
        pytest.param(HOSTS + "[customer]\ncreate = 1\ndelete = 1\n" + VM, id="created again"),
        pytest.param(HOSTS + "[customer]\ncreate = 1\n" + VM + "exists = false", id="created"),
        pytest.param(HOSTS + "[customer]\nmove = 1\n" + VM + 'may_move_to = ["b"]', id="moved"),
        pytest.param(HOSTS + "tolerance.event_lost = 1\n" + VM, id="tolerance of a pause"),
        pytest.param(HOSTS + "tolerance.event_lost = 0\n", id="no tolerance"),
        pytest.param(HOSTS + "faults.event_lost = 1\n", id="faults without VMs"),
        pytest.param(RUN + COMMANDS, id="commands within the time that timing promises"),
        pytest.param(
            RUN + COMMANDS + "update_timeout_seconds = 99\nrollback_timeout_seconds = 5",
            id="commands with timeouts, that of the rollback as long as timing promises",
        ),
        pytest.param(
            HOSTS + SET + "update_domains = 2\n" + VM + 'availability_set = "web"\n'
            '[[vms]]\nname = "w"\nhost = "a"\navailability_set = "web"\nupdate_domain = 1',
            id="two update domains on one host, which the planner and the check judge",
        ),
    ],
)
def test_what_fits_together_is_accepted(told: Told, text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize("size", [VMS_PER_SET_MAX, VMS_PER_SET_MAX + 1])
def test_a_set_has_a_greatest_size(told: Told, size: int) -> None:
    vms = (
        VM.replace('"v"', f'"v{number}"') + 'availability_set = "web"\n' for number in range(size)
    )
    message = 'availability_sets."web".name: expected at most 200 VMs in one set, found 201'
    expected = [] if size == VMS_PER_SET_MAX else [f"f:4: {message}; split the set"]
    assert told(HOSTS + SET + "".join(vms)) == expected


def test_advice_is_given_only_for_a_close_name() -> None:
    assert close_name("wbe", ["web", "db"]) == '; did you mean "web"?'
    assert close_name("zzz", ["web", "db"], otherwise="; add it") == "; add it"
