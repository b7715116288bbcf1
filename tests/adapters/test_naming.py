"""VMs go by their names in the fleet, whatever their hosts call them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.maintenance.hosts import MARK, write_host

from freezeframe.adapters import Change, Refused
from freezeframe.adapters.naming import Hypervisor, open_hypervisor
from freezeframe.fleet import Fleet, FreezeframeError, Host, VirtualMachine
from freezeframe.lifecycles import VmStatus

CALL_MS = 5_000


@pytest.fixture
def hypervisor(tmp_path: Path) -> Iterator[Hypervisor]:
    """A host of the test driver with a VM that it calls web, and one of which it has the name."""
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    host = Host("a", uri=write_host(tmp_path / "a.xml", {"web": MARK, "db": MARK}))
    vms = (VirtualMachine("web@a", "a", domain="web"), VirtualMachine("db", "a"))
    opened = open_hypervisor(Fleet("small", (host,), vms), host)
    yield opened
    opened.close()


def names(hypervisor: Hypervisor) -> list[str]:
    return sorted(state.name for state in hypervisor.vms(deadline_ms=CALL_MS))


def test_what_is_asked_and_told_is_of_the_vm_by_its_name_in_the_fleet(
    hypervisor: Hypervisor,
) -> None:
    told = hypervisor.subscribe(deadline_ms=CALL_MS)
    assert names(hypervisor) == ["db", "web@a"]
    hypervisor.pause("web@a", deadline_ms=CALL_MS).result()
    assert hypervisor.state("web@a", deadline_ms=CALL_MS).status is VmStatus.PAUSED
    assert hypervisor.state("db", deadline_ms=CALL_MS).status is VmStatus.RUNNING
    paused = None
    while paused is None:
        change = told.take(deadline_ms=CALL_MS)
        assert isinstance(change, Change)
        paused = change.vm if change.status is VmStatus.PAUSED else None
    assert paused == "web@a"
    told.close()


def test_what_a_refusal_found_is_told_by_that_name_however_often_it_is_asked(
    hypervisor: Hypervisor,
) -> None:
    call = hypervisor.resume("web@a", deadline_ms=CALL_MS)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            call.result()
        assert refused.value.found is not None
        assert refused.value.found.name == "web@a"


def test_a_domain_that_has_a_vm_s_name_by_chance_is_not_taken_for_it(tmp_path: Path) -> None:
    """The fleet's web is web-1 here, and the domain web is somebody else's."""
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    host = Host("a", uri=write_host(tmp_path / "a.xml", {"web-1": MARK, "web": ""}))
    fleet = Fleet("small", (host,), (VirtualMachine("web", "a", domain="web-1"),))
    hypervisor = open_hypervisor(fleet, host)
    try:
        assert names(hypervisor) == ["domain web", "web"]
        assert hypervisor.state("web", deadline_ms=CALL_MS).is_marked
        assert not hypervisor.state("domain web", deadline_ms=CALL_MS).is_marked
        told = hypervisor.subscribe(deadline_ms=CALL_MS)
        changes = [told.take(deadline_ms=CALL_MS) for _ in range(2)]
        assert {each.vm for each in changes if isinstance(each, Change)} == {"domain web", "web"}
        told.close()
    finally:
        hypervisor.close()


def test_a_host_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    pytest.importorskip("libvirt", reason="needs libvirt's Python binding")
    host = Host("a", uri=f"test://{tmp_path}/absent.xml")
    with pytest.raises(FreezeframeError, match="absent"):
        open_hypervisor(Fleet("small", (host,), ()), host)
