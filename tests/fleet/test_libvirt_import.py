"""Hosts are imported from libvirt's own test driver: the real binding, with nothing to harm."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from freezeframe.fleet import (
    AvailabilitySet,
    FleetError,
    Host,
    VirtualMachine,
    parse_fleet,
    write_fleet,
)
from freezeframe.fleet.libvirt_import import NAMESPACE, import_fleet, import_with_notes

REASON = "needs libvirt's Python binding: install freezeframe[libvirt]"
FORM = f'one <placement xmlns="{NAMESPACE}" availability-set="NAME" update-domain="0…19"/>'


@pytest.fixture(name="libvirt")
def installed_libvirt() -> ModuleType:
    binding = pytest.importorskip("libvirt", reason=REASON)
    assert isinstance(binding, ModuleType)
    return binding


def element(attributes: str, tag: str = "placement") -> str:
    return f'<f:{tag} xmlns:f="{NAMESPACE}" {attributes}/>'


def host(folder: Path, name: str, domains: dict[str, str]) -> str:
    """Write a host of libvirt's test driver; return its URI. Domains map to their metadata."""
    text = "".join(
        f'<domain type="test"><name>{domain}</name><metadata>{metadata}</metadata>'
        "<memory>1024</memory><os><type>hvm</type></os></domain>"
        for domain, metadata in domains.items()
    )
    path = folder / f"{name}.xml"
    path.write_text(f"<node>{text}</node>", encoding="utf-8")
    return f"test://{path}"


def refused(*uris: str, fault_domains: dict[str, int] | None = None) -> list[str]:
    with pytest.raises(FleetError) as caught:
        import_fleet(uris, fault_domains=fault_domains)
    return str(caught.value).split("\n")


def test_domains_become_vms_of_the_sets_that_their_metadata_name(
    libvirt: ModuleType, tmp_path: Path
) -> None:
    placed = {
        "web-0": "<other/>" + element('availability-set="web" update-domain="6"'),
        "web-1": element('availability-set="web" update-domain="0"'),
        "db-0": element('availability-set="db" update-domain="0"'),
        "alone": "",
    }
    uri = host(tmp_path, "one", placed)
    name = libvirt.open("test:///default").getHostname()
    fleet = import_fleet([uri])
    assert fleet.hosts == (Host(name, uri=uri),)
    assert fleet.availability_sets == (AvailabilitySet("db", 1), AvailabilitySet("web", 7))
    assert fleet.vms == (
        VirtualMachine("alone", name),
        VirtualMachine("db-0", name, "db", 0),
        VirtualMachine("web-0", name, "web", 6),
        VirtualMachine("web-1", name, "web", 0),
    )


@pytest.mark.usefixtures("libvirt")
def test_equal_names_of_hosts_and_domains_are_told_apart(tmp_path: Path) -> None:
    one = host(tmp_path, "one", {"web": "", "db": ""})
    two = host(tmp_path, "two", {"web": ""})
    fleet, notes = import_with_notes([one, two])
    first, second = (each.name for each in fleet.hosts)
    assert second == f"{first}-2"
    assert [each.uri for each in fleet.hosts] == [one, two]
    assert [vm.name for vm in fleet.vms] == ["db", f"web@{first}", f"web@{second}"]
    assert [vm.domain for vm in fleet.vms] == [None, "web", "web"]
    assert notes == (
        f"web@{first} is the domain web, a name that several hosts have",
        f"web@{second} is the domain web, a name that several hosts have",
    )
    assert parse_fleet(write_fleet(fleet, notes), "written") == fleet


@pytest.mark.usefixtures("libvirt")
def test_the_fault_domain_of_a_host_is_the_callers_to_say(tmp_path: Path) -> None:
    one = host(tmp_path, "one", {"a": element('availability-set="s" update-domain="0"')})
    two = host(tmp_path, "two", {"b": element('availability-set="s" update-domain="1"')})
    fleet = import_fleet([one, two], fault_domains={two: 2})
    assert [each.fault_domain for each in fleet.hosts] == [0, 2]
    assert fleet.availability_sets == (AvailabilitySet("s", 2, 3),)


def test_metadata_counts_as_libvirt_stores_it_whether_or_not_a_domain_runs(
    libvirt: ModuleType,
) -> None:
    uri = "test:///default"
    connection = libvirt.open(uri)
    domain = connection.lookupByName("test")
    live, persistent = libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG

    def store(number: int, flags: int) -> None:
        text = f'<placement availability-set="web" update-domain="{number}"/>'
        kind = libvirt.VIR_DOMAIN_METADATA_ELEMENT
        domain.setMetadata(kind, text, "freezeframe", NAMESPACE, flags)

    def read() -> int | None:
        (vm,) = import_fleet([uri]).vms
        return vm.update_domain

    with closing(connection):  # the test driver forgets everything with its last connection
        before = read()
        store(3, persistent)
        persistent_only = read()
        store(4, live)
        both = read()
        domain.destroy()
        stopped = read()
    assert (before, persistent_only, both, stopped) == (None, 3, 4, 3)


@pytest.mark.usefixtures("libvirt")
@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        (element('availability-set="web"'), "no update-domain"),
        (element('update-domain="1"'), "no availability-set"),
        (element('availability-set="" update-domain="1"'), 'availability-set=""'),
        (element('availability-set="web" update-domain="20"'), 'update-domain="20"'),
        (element('availability-set="web" update-domain="-1"'), 'update-domain="-1"'),
        (element('availability-set="web" update-domain="٣"'), 'update-domain="٣"'),
        (element('availability-set="a" update-domain="0" extra=""'), "the attribute extra"),
        (element("", tag="placment"), "an element <placment> of that namespace"),
    ],
)
def test_malformed_metadata_is_refused_with_its_domain_and_form(
    tmp_path: Path, metadata: str, found: str
) -> None:
    uri = host(tmp_path, "one", {"web-0": metadata, "db-0": ""})
    message = f'{uri}: domain "web-0": expected {FORM} in <metadata>, found {found}'
    assert refused(uri) == [message]


@pytest.mark.usefixtures("libvirt")
def test_every_host_that_cannot_be_reached_is_told_on_a_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    socket = tmp_path / "none"
    unix = f"qemu+unix:///system?socket={socket}"
    lines = refused("nonsense", unix)
    start = "expected a libvirt host that answers, found: "
    assert lines[0].startswith(f"nonsense: {start}no connection driver available")
    missing = f"Failed to connect socket to '{socket}': No such file or directory"
    assert lines[1:] == [f"{unix}: {start}{missing}"]
    assert capfd.readouterr().err == ""


def test_what_is_asked_wrongly_is_told_together() -> None:
    uri = "test:///default"
    assert refused(uri, uri, " ", fault_domains={uri: 3, "test:///other": 0}) == [
        f"{uri}: expected each host once, found it 2 times",
        "URI: expected the URI of a libvirt host, such as qemu:///system, found a blank",
        f"{uri}: fault domain: expected a number from 0 to 2, found 3",
        "test:///other: fault domain: expected a URI to import, found another",
    ]
    assert refused() == ["URI: expected the URI of a libvirt host, found none"]


def test_a_missing_binding_is_told_with_what_to_install() -> None:
    code = "import sys\nsys.modules['libvirt'] = None\n"
    code += "from freezeframe.fleet import FreezeframeError\n"
    code += "from freezeframe.fleet.libvirt_import import import_fleet\n"
    code += "try:\n    import_fleet(['test:///default'])\nexcept FreezeframeError as error:\n"
    code += "    print(error)\n"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "\n" not in run.stdout.strip()
    assert all(word in run.stdout for word in ("freezeframe[libvirt]", "libvirt-dev", "Fedora"))
