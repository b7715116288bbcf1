"""Describes running libvirt hosts as a fleet.

Owns what is asked of libvirt and what is read from a domain's metadata. Connections are read-only,
so it can change nothing; it must not know how fleets are maintained.

libvirt knows no availability sets, so each domain says in its `<metadata>` where it belongs, in
one element of a namespace of our own:

```xml
<freezeframe:placement xmlns:freezeframe="urn:freezeframe:placement:1"
                       availability-set="web" update-domain="0"/>
```

Both attributes are required: `availability-set` is the set's name, `update-domain` a number from
0 to 19. The prefix is free, the namespace is not. A domain without the element is in no set. A
running domain's live metadata counts; its persistent definition counts where the live one has
none.

Each URI is one host, in fault domain 0 unless the caller says otherwise, and every domain on it,
running or not, is a VM. A set has as many update domains as the highest number seen requires.
"""

from __future__ import annotations

import importlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

from freezeframe.fleet.document import parse_fleet
from freezeframe.fleet.errors import FleetError, FreezeframeError, Mistake, shown
from freezeframe.fleet.model import (
    FAULT_DOMAINS_MAX,
    UPDATE_DOMAINS_MAX,
    AvailabilitySet,
    Fleet,
    Host,
    VirtualMachine,
)
from freezeframe.fleet.writer import write_fleet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NAMESPACE = "urn:freezeframe:placement:1"
"""Namespace of the metadata element; the number changes if its meaning ever does."""

_FORM = (
    f'one <placement xmlns="{NAMESPACE}" availability-set="NAME" '
    f'update-domain="0…{UPDATE_DOMAINS_MAX - 1}"/> in <metadata>'
)


class Imported(NamedTuple):
    """A fleet, and what its reader should know about how it came about."""

    fleet: Fleet
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Domain:
    """A domain as libvirt tells it; `placement` is its set and update domain."""

    uri: str
    name: str
    placement: tuple[str, int] | None


def import_fleet(uris: Sequence[str], *, fault_domains: Mapping[str, int] | None = None) -> Fleet:
    """Return the fleet of `import_with_notes`, without the notes."""
    return import_with_notes(uris, fault_domains=fault_domains).fleet


def import_with_notes(
    uris: Sequence[str], *, fault_domains: Mapping[str, int] | None = None
) -> Imported:
    """Ask the libvirt host at each of `uris` for its name and its domains; change nothing.

    `fault_domains` gives the fault domain of a URI; those it leaves out are in 0.

    Raises:
        FleetError: A host cannot be reached, or a domain's metadata is malformed; all mistakes
            together, each with its URI.
        FreezeframeError: libvirt's Python binding is not installed.

    """
    chosen = dict(fault_domains or {})
    mistakes = list(_arguments(uris, chosen))
    if mistakes:
        raise FleetError(mistakes)
    hostnames: dict[str, str] = {}
    domains: list[_Domain] = []
    libvirt = _binding()
    libvirt.registerErrorHandler(lambda *_: None, None)  # else libvirt prints what we report
    try:
        for uri in uris:
            try:
                hostnames[uri], texts = _ask(libvirt, uri)
            except libvirt.libvirtError as error:
                text = f"expected a libvirt host that answers, found: {_one_line(error)}"
                mistakes.append(Mistake(uri, None, "", text))
                continue
            for name, descriptions in texts:
                try:
                    domains.append(_Domain(uri, name, _placement(descriptions)))
                except ValueError as error:
                    text = f"expected {_FORM}, found {error}"
                    mistakes.append(Mistake(uri, None, f"domain {shown(name)}", text))
    finally:
        libvirt.registerErrorHandler(None, None)
    if mistakes:
        raise FleetError(mistakes)
    return _assembled(hostnames, domains, chosen)


def _arguments(uris: Sequence[str], chosen: dict[str, int]) -> Iterator[Mistake]:
    if not uris:
        yield Mistake("URI", None, "", "expected the URI of a libvirt host, found none")
    for uri, count in Counter(uris).items():
        if not uri.strip():
            text = "expected the URI of a libvirt host, such as qemu:///system, found a blank"
            yield Mistake("URI", None, "", text)
        if count > 1:
            yield Mistake(uri, None, "", f"expected each host once, found it {count} times")
    for uri, number in chosen.items():
        if uri not in uris:
            yield Mistake(uri, None, "fault domain", "expected a URI to import, found another")
        if number not in range(FAULT_DOMAINS_MAX):
            text = f"expected a number from 0 to {FAULT_DOMAINS_MAX - 1}, found {number}"
            yield Mistake(uri, None, "fault domain", text)


def _binding() -> Any:  # noqa: ANN401 - the binding is optional and has no types
    try:
        return importlib.import_module("libvirt")
    except ImportError as error:
        raise FreezeframeError(
            "libvirt: expected its Python binding, found none; install freezeframe[libvirt] (needs "
            "a C compiler, pkg-config, and libvirt-dev on Debian or libvirt-devel on Fedora), or "
            "the package python3-libvirt of either"
        ) from error


def _ask(libvirt: Any, uri: str) -> tuple[str, list[tuple[str, list[str]]]]:  # noqa: ANN401 - as above
    """Return a host's name, and its domains by name, each with its live and persistent XML."""
    connection = libvirt.openReadOnly(uri)
    try:
        domains = sorted(connection.listAllDomains(), key=lambda domain: str(domain.name()))
        inactive = libvirt.VIR_DOMAIN_XML_INACTIVE
        texts = [
            (domain.name(), [domain.XMLDesc(0), domain.XMLDesc(inactive)]) for domain in domains
        ]
        return connection.getHostname(), texts
    finally:
        connection.close()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _placement(descriptions: Sequence[str]) -> tuple[str, int] | None:
    """Read our element from the first description that has one.

    Raises:
        ValueError: It is malformed; the text says what was found.

    """
    for text in descriptions:
        root = ET.fromstring(text)  # noqa: S314 - libvirt has parsed and printed it itself
        for each in root.findall("metadata/*"):
            if f"{{{NAMESPACE}}}" in each.tag:
                return _element(each)  # libvirt itself keeps but one of a namespace
    return None


def _element(element: ET.Element) -> tuple[str, int]:
    tag = element.tag.partition("}")[2]
    if tag != "placement":
        raise ValueError(f"an element <{tag}> of that namespace")
    unknown = sorted(element.attrib.keys() - {"availability-set", "update-domain"})
    if unknown:
        raise ValueError(f"the attribute {unknown[0]}")
    for attribute in ("availability-set", "update-domain"):
        if attribute not in element.attrib:
            raise ValueError(f"no {attribute}")
    name, number = element.attrib["availability-set"], element.attrib["update-domain"]
    if not name or not name.isprintable() or name != name.strip():
        raise ValueError(f"availability-set={shown(name)}")
    if number not in map(str, range(UPDATE_DOMAINS_MAX)):
        raise ValueError(f"update-domain={shown(number)}")
    return name, int(number)


def _assembled(
    hostnames: dict[str, str], domains: list[_Domain], chosen: dict[str, int]
) -> Imported:
    """Put together what the hosts told; the reader of fleet files has the last word on it."""
    names = _host_names(hostnames)
    notes: list[str] = []
    vms: list[VirtualMachine] = []
    counts: dict[str, tuple[int, int]] = {}
    seen = Counter(domain.name for domain in domains)
    for domain in domains:
        name = domain.name
        if seen[name] > 1:
            name = f"{name}@{names[domain.uri]}"
            notes.append(f"{name} is the domain {domain.name}, a name that several hosts have")
        known_as = domain.name if name != domain.name else None
        set_name, number = domain.placement or (None, None)
        if set_name is not None and number is not None:
            updates, faults = counts.get(set_name, (1, AvailabilitySet.fault_domains))
            faults = max(faults, chosen.get(domain.uri, 0) + 1)
            counts[set_name] = (max(updates, number + 1), faults)
        vms.append(VirtualMachine(name, names[domain.uri], set_name, number, domain=known_as))
    fleet = Fleet(
        name="imported from libvirt",
        hosts=tuple(Host(names[uri], chosen.get(uri, 0), uri=uri) for uri in hostnames),
        vms=tuple(vms),
        availability_sets=tuple(AvailabilitySet(name, *counts[name]) for name in sorted(counts)),
    )
    return Imported(parse_fleet(write_fleet(fleet, notes), "what was imported"), tuple(notes))


def _host_names(hostnames: dict[str, str]) -> dict[str, str]:
    """Return a name of its own for the host at each URI, its hostname with a number if need be."""
    names: dict[str, str] = {}
    for uri, hostname in hostnames.items():
        name, number = hostname, 1
        while name in names.values():
            number += 1
            name = f"{hostname}-{number}"
        names[uri] = name
    return names
