"""What a lab consists of, as it is kept in its folder.

Owns lab.json, which is written before anything is started, so that whatever was started can be
found and ended by another process, also after a crash. It must not know how hosts are started.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .errors import LabError

_FILE = "lab.json"
_VERSION = 1


@dataclass(frozen=True)
class GuestState:
    """A guest: its name, which is unique in the lab, and its place in an availability set.

    One without a place is not marked for freezeframe.
    """

    name: str
    availability_set: str | None
    update_domain: int | None


@dataclass(frozen=True)
class HostState:
    """A host: its name, which is also that of its folder, and its guests."""

    name: str
    uuid: str
    guests: tuple[GuestState, ...]


@dataclass(frozen=True)
class LabState:
    """A lab; `token` is in the environment of every process of its hosts, and of no other."""

    token: str
    made_directory: bool
    hosts: tuple[HostState, ...]


def write_state(directory: Path, state: LabState) -> None:
    """Write lab.json, whole or not at all."""
    path = directory / _FILE
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"version": _VERSION, **asdict(state)}, indent=1), encoding="utf-8")
    new.rename(path)


def read_state(directory: Path) -> LabState | None:
    """Return the state of the lab in a folder; None if there is no lab.

    Raises:
        LabError: There is a file of that name, but it is none of ours.

    """
    path = directory / _FILE
    try:
        return _state(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise LabError(f"expected {path} to be of version {_VERSION}, found {error!r}") from error


def _state(kept: dict[str, Any]) -> LabState:
    if kept["version"] != _VERSION:
        raise ValueError(f"version {kept['version']}")
    hosts = tuple(
        HostState(each["name"], each["uuid"], tuple(GuestState(**one) for one in each["guests"]))
        for each in kept["hosts"]
    )
    return LabState(kept["token"], kept["made_directory"], hosts)


def remove_state(directory: Path) -> None:
    """Forget the lab; to be done when nothing else is left of it."""
    (directory / _FILE).with_suffix(".new").unlink(missing_ok=True)
    (directory / _FILE).unlink(missing_ok=True)
