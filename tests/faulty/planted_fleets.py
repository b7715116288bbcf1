"""The small fleets in which planted faults matter: those of `tests.fleets`, with more to choose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from freezeframe.fleet import Fleet, UpdateKind, VirtualMachine
from tests import fleets
from tests.fleets import COARSE, LONG_NOTICE, WEB_0, WEB_1, A, B, V, W, span

TIMING = replace(COARSE, recovery=span(0, 5))
_SETTINGS = {"timing": TIMING, "limits": LONG_NOTICE}


def one_vm(**options: Any) -> Fleet:
    """One host with one VM that is in no set."""
    return fleets.one_vm(**_SETTINGS | options)


def two_vms(**options: Any) -> Fleet:
    """One host with two VMs that are in no set."""
    return one_vm(name="two VMs", vms=(V, W), **options)


def two_domains(**options: Any) -> Fleet:
    """A set of two domains, a host each."""
    return fleets.one_set(**_SETTINGS | options)


def shared_host() -> Fleet:
    """Two sets of two domains, and a host that carries a domain of each."""
    return fleets.two_sets(**_SETTINGS)


def two_sets() -> Fleet:
    """Two sets of two domains, a host for the first domains and one for the second ones."""
    db = (VirtualMachine("db-0", "a", "db", 0), VirtualMachine("db-1", "b", "db", 1))
    return replace(
        shared_host(), name="two sets on two hosts", hosts=(A, B), vms=(WEB_0, WEB_1, *db)
    )


def mixed_host() -> Fleet:
    """One host that carries two domains of a set."""
    return two_domains(name="mixed host", hosts=(A,), vms=(WEB_0, replace(WEB_1, host="a")))


def disruptive(**options: Any) -> Fleet:
    """One host whose update no VM survives."""
    return one_vm(name="disruptive", hosts=(replace(A, update=UpdateKind.DISRUPTIVE),), **options)


def no_impact(**options: Any) -> Fleet:
    """Two hosts whose updates no VM notices, so that no event tells of them."""
    hosts = tuple(replace(host, update=UpdateKind.NO_IMPACT) for host in (A, B))
    return one_vm(name="no impact", hosts=hosts, vms=(V, replace(W, host="b")), **options)


def refugee(**options: Any) -> Fleet:
    """A VM on a host whose update no VM survives, and one that preserves VMs to move it to."""
    hosts = (replace(A, update=UpdateKind.DISRUPTIVE), B)
    vms = (replace(V, may_move_to=("b",)),)
    return one_vm(name="refugee", hosts=hosts, vms=vms, **options)


def growing(**options: Any) -> Fleet:
    """Two hosts, a VM that may move, and one that may be created."""
    vms = (replace(V, may_move_to=("b",)), VirtualMachine("n", "b", exists=False))
    return one_vm(name="growing", hosts=(A, B), vms=vms, **options)
