"""What `/metadata/instance` tells of a VM, over a real socket.

Source: IMDS is Azure's Instance Metadata Service page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from .running import INSTANCE

if TYPE_CHECKING:
    from .running import Service


@dataclass(frozen=True)
class _Part:
    """A walk into the metadata of web-1, and what is found there."""

    target: str
    status: int
    found: object = None


@pytest.mark.parametrize(
    "part",
    [
        _Part("/compute/name?api-version=2017-08-01&format=text", 200, b"web-1"),
        _Part("/compute/platformUpdateDomain?api-version=2017-08-01&format=text", 200, b"1"),
        _Part("/compute/platformFaultDomain?api-version=2017-08-01&format=text", 200, b"1"),
        _Part("/compute/location?api-version=2017-08-01&format=text", 200, b""),
        _Part("/compute/name?api-version=2017-08-01", 400),
        _Part("/compute/name/x?api-version=2017-08-01&format=text", 404),
        _Part("/compute/nothing?api-version=2017-08-01&format=text", 404),
        _Part("/network/interface/0?api-version=2017-08-01", 404),
        _Part("/network/interface?api-version=2017-08-01", 200, b"[]"),
        _Part("?api-version=2017-08-01&format=text", 200, b"compute/\nnetwork/"),
        _Part("?api-version=2017-08-01&format=xml", 400),
        _Part("/compute/vmScaleSetName?api-version=2017-10-01&format=text", 404),
        _Part("/compute/vmScaleSetName?api-version=2017-12-01&format=text", 200, b""),
    ],
    ids=lambda part: part.target,
)
def test_walks_down_into_an_instance(idle: Service, part: _Part) -> None:
    """Source: IMDS, route parameters, data format and the table of instance metadata."""
    reply = idle.ask("web-1", f"{INSTANCE}{part.target}")
    assert reply.status == part.status
    assert part.found is None or reply.body == part.found


def test_an_instance_tells_what_clients_look_for(service: Service) -> None:
    """Most read compute.name first, and compare it with `Resources`. All values are texts."""
    compute = service.ask("web-0", f"{INSTANCE}?api-version=2020-09-01").json["compute"]
    other = service.ask("web-1", f"{INSTANCE}/compute?api-version=2020-09-01").json
    wanted = {"name": "web-0", "platformUpdateDomain": "0", "platformFaultDomain": "0"}
    assert {name: compute[name] for name in wanted} == wanted
    assert all(isinstance(value, str) for value in compute.values() if value != [])
    assert compute["placementGroupId"] == other["placementGroupId"] != ""
    assert compute["vmId"] != other["vmId"]
    alone = service.ask("db-0", f"{INSTANCE}/compute?api-version=2020-09-01").json
    assert alone["placementGroupId"] == ""
