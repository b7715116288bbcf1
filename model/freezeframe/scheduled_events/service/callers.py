"""Which VM is asking: told by the address that it asks from, or by the one that it asks at.

Owns addresses and where the service listens. It must not know what is asked: nothing in a request
can make it another VM's.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from freezeframe.scheduled_events.contract import ScheduledEventsError

DEFAULT_PORT: Final = 80
_PORT_MAX: Final = 65_535
_UNIX: Final = "unix:"
_PLACE: Final = re.compile(r"(\[(?P<six>[^]]+)\]|(?P<four>[^:]+))(:(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True)
class Listener:
    """Where the service listens: at an IP address and port, or at a socket in the file system.

    `vm` is whose requests all come here; None leaves it to the address that they come from. Port 0
    is any that is free.
    """

    host: str | None
    port: int = DEFAULT_PORT
    path: str | None = None
    vm: str | None = None

    def __str__(self) -> str:
        """Return it as it is written on a command line, without the VM."""
        if self.path is not None:
            return f"{_UNIX}{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in str(self.host) else f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host is None or ipaddress.ip_address(self.host).is_loopback


def parse_listener(text: str) -> Listener:
    """Read `ADDRESS[:PORT][=VM]`, an IPv6 address in brackets, or `unix:PATH=VM`.

    Raises:
        ScheduledEventsError: It is neither.

    """
    where, _, vm = text.partition("=")
    if where.startswith(_UNIX):
        path = where.removeprefix(_UNIX)
        if path and vm:
            return Listener(None, 0, path, vm)
        raise ScheduledEventsError(
            f"expected unix:PATH=VM, because a socket tells no address; found {text!r}"
        )
    found = _PLACE.fullmatch(where)
    host = (found["six"] or found["four"]) if found else ""
    port = int(found["port"] or DEFAULT_PORT) if found else 0
    if _address(host) is None or port > _PORT_MAX:
        raise ScheduledEventsError(
            f"expected ADDRESS[:PORT][=VM] with an IP address, or unix:PATH=VM; found {text!r}"
        )
    return Listener(host, port, None, vm or None)


def is_same_machine(client: tuple[str, int] | None, server: tuple[str, int | None] | None) -> bool:
    """Whether who asks from `client` is on the machine of `server`, both as ASGI gives them.

    A guest on a bridge has an address of its own; who asks over a socket in the file system has
    none, and counts as a guest.
    """
    address = _address(_plain(client[0])) if client is not None else None
    if address is None or server is None:
        return False
    return address.is_loopback or str(address) == _plain(server[0])


class Callers:
    """Tells whose a request is."""

    def __init__(self, sources: Mapping[str, str], listeners: Iterable[Listener]) -> None:
        """Take requests from the addresses `sources`, each a VM's, and at VMs' own listeners."""
        self._sources = {_plain(address): vm for address, vm in sources.items()}
        self._listeners = {
            (each.path, None) if each.path else (_plain(str(each.host)), each.port): each.vm
            for each in listeners
            if each.vm is not None
        }

    def vm(
        self, client: tuple[str, int] | None, server: tuple[str, int | None] | None
    ) -> str | None:
        """The VM that asks from `client` at `server`, both as ASGI gives them; None is nobody's."""
        if server is not None:
            host, port = server
            own = host if port is None else _plain(host)
            for at in ((own, port), ("0.0.0.0", port), ("::", port)):  # noqa: S104 (compared, not bound)
                if at in self._listeners:
                    return self._listeners[at]
        return self._sources.get(_plain(client[0])) if client is not None else None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _plain(text: str) -> str:
    """One spelling for each address; an IPv4 address that came in over IPv6 is itself."""
    address = _address(text)
    mapped = getattr(address, "ipv4_mapped", None)
    return text if address is None else str(mapped or address)
