"""How libvirt is had from a process on the host itself, where the lab runs no daemon.

Owns the two ways: `embed` has the driver in that very process, `session` a daemon that libvirt
starts for a user who is not root. Each has its folders below the host's. It must not know what
that process does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .requirements import program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .layout import HostFolder

_NOBODY: Final = "65534"
"""A user that every Debian has."""


@dataclass(frozen=True)
class Way:
    """A URI, and where the driver behind it has its configuration, what it probed, and its guests.

    `command` and `environment` are what the process is begun with. Only root's guests may be on the
    host's bridge.
    """

    uri: str
    configuration: Path
    probed: Path
    pids: Path
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None
    is_root: bool = True


def way(name: str, folder: HostFolder) -> Way:
    """The way `embed` or `session` on the host of a folder."""
    root = folder.path / name
    if name == "embed":
        return Way(
            uri=f"qemu:///embed?root={root}",
            configuration=root / "etc/qemu.conf",
            probed=root / "cache/qemu/capabilities",
            pids=root / "run/qemu",
        )
    return Way(
        uri="qemu:///session",
        configuration=root / "config/libvirt/qemu.conf",
        probed=root / "cache/libvirt/qemu/capabilities",
        pids=root / "run/libvirt/qemu/run",
        # The host's files belong to that user inside, who has no rights beyond them.
        command=(
            *(program("unshare"), "--user"),
            *(f"--map-user={_NOBODY}", f"--map-group={_NOBODY}"),
        ),
        environment={
            "HOME": str(root),
            "XDG_RUNTIME_DIR": str(root / "run"),
            "XDG_CONFIG_HOME": str(root / "config"),
            "XDG_CACHE_HOME": str(root / "cache"),
            "XDG_DATA_HOME": str(root / "data"),
        },
        is_root=False,
    )
