"""What `/metadata/instance` tells of a VM, and how clients walk down into it.

Owns the fields, with the version since which each is there. All primitives are strings, and what a
fleet does not know is empty. Source: Azure's Instance Metadata Service page, instance metadata.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID, uuid5

from freezeframe.fleet import Fleet, VirtualMachine

FIELDS_SINCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "azEnvironment": "2018-10-01",
        "placementGroupId": "2017-08-01",
        "provider": "2018-10-01",
        "resourceGroupName": "2017-08-01",
        "resourceId": "2019-03-11",
        "subscriptionId": "2017-08-01",
        "tags": "2017-08-01",
        "tagsList": "2019-06-04",
        "vmScaleSetName": "2017-12-01",
        "zone": "2017-12-01",
    }
)
"""Fields that older versions do not have; those that are not here were there from the first."""

_UNKNOWN: Final = (
    "azEnvironment location offer osType provider publisher resourceGroupName resourceId sku "
    "subscriptionId tags version vmScaleSetName vmSize zone"
)
_IDS: Final = UUID("6f2b3c1e-6d0e-4a52-9c6f-0d6a3f0f5a11")
"""Namespace of ids that follow from names, so that they are the same after a restart."""


class NotALeafError(ValueError):
    """A format was asked for that there is not; says which there is."""


def instances_of(fleet: Fleet) -> Mapping[str, Mapping[str, Any]]:
    """The metadata of each VM of a fleet, as the newest version has it."""
    fault_domains = {host.name: host.fault_domain for host in fleet.hosts}
    return MappingProxyType({vm.name: _instance(vm, fault_domains[vm.host]) for vm in fleet.vms})


def walked(instance: Mapping[str, Any], route: Sequence[str], version: str, form: str) -> str:
    """The part of `instance` that `route` leads to, as text of `form`, "json" or "text".

    Raises:
        KeyError: There is nothing in that version.
        NotALeafError: A value, which is text only, was asked for as JSON.

    """
    compute = {
        name: value
        for name, value in instance["compute"].items()
        if version >= FIELDS_SINCE.get(name, "")
    }
    found: Any = {**instance, "compute": compute}
    for step in route:
        if isinstance(found, dict):
            found = found[step]
        elif isinstance(found, list) and step.isascii() and step.isdigit():
            found = dict(enumerate(found))[int(step[:9])]
        else:
            raise KeyError(step)
    if form == "json":
        if isinstance(found, str):
            raise NotALeafError("A single value needs the parameter format=text")
        return json.dumps(found)
    return found if isinstance(found, str) else "\n".join(_listed(found))


def _instance(vm: VirtualMachine, fault_domain: int) -> Mapping[str, Any]:
    group = vm.availability_set
    compute = {
        **dict.fromkeys(_UNKNOWN.split(), ""),
        "name": vm.name,
        "placementGroupId": str(uuid5(_IDS, f"set {group}")) if group else "",
        "platformFaultDomain": str(fault_domain),
        "platformUpdateDomain": "0" if vm.update_domain is None else str(vm.update_domain),
        "tagsList": [],
        "vmId": str(uuid5(_IDS, f"vm {vm.name}")),
    }
    return {"compute": dict(sorted(compute.items())), "network": {"interface": []}}


def _listed(found: dict[str, Any] | list[Any]) -> Iterator[str]:
    """What is below, one a line; what has more below itself ends with a stroke."""
    below = found.items() if isinstance(found, dict) else enumerate(found)
    for name, value in below:
        yield f"{name}" if isinstance(value, str) else f"{name}/"
