"""Where everything of a lab lies below its folder.

Owns the paths, the configuration of a host's daemon, and the limits that paths have to keep. It
must not know what runs.

```
DIR/lab.json            what there is: `state.py`
DIR/fleet.toml          the fleet file of the lab's hosts
DIR/h1/run lib etc …    the host's own /run, /var/lib/libvirt, /etc/libvirt …
DIR/h1/ram/             the host's memory_backing_dir, at the same path inside and outside
DIR/h1/GUEST.beats      recorded heartbeats
DIR/h1/GUEST.console    the guest's kernel messages
DIR/h1/GUEST.port       socket that the guest's heartbeats are sent to
```
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import LabError

_OWN = {
    Path("/run"): "run",
    Path("/var/lib/libvirt"): "lib",
    Path("/var/cache/libvirt"): "cache",
    Path("/var/log/libvirt"): "log",
    Path("/etc/libvirt"): "etc",
}
MOUNTED = tuple(_OWN)
"""Folders of the system that each host has for itself."""

BRIDGE = "guests"
"""The bridge that a host's guests are on; it leads nowhere else."""

BRIDGE_ADDRESS = "10.169.0.1"
METADATA_ADDRESS = "169.254.169.254"
"""The host's own addresses there; guests that want one take another of 10.169.0.0/24."""

_SOCKET_PATH_MAX = 107
"""Bytes that Linux allows for the path of a socket: see unix(7)."""

_LONGEST = "h99/h99-g99.port", "h99/run/libvirt/libvirt-admin-sock"

_DAEMON = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0600"
host_uuid = "{uuid}"
"""

_AS_ROOT = """\
user = "root"
group = "root"
"""

_QEMU = """\
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
memory_backing_dir = "{ram}"
"""


@dataclass(frozen=True)
class HostFolder:
    """The folder of one host."""

    path: Path

    @property
    def uri(self) -> str:
        """The URI under which the host's daemon is reached from anywhere on this machine."""
        return f"qemu+unix:///system?socket={self.path}/run/libvirt/libvirt-sock"

    @property
    def daemon_pid(self) -> Path:
        """File in which the daemon writes its process id, as the host counts."""
        return self.path / "run/libvirtd.pid"

    @property
    def daemon_log(self) -> Path:
        """What the daemon printed."""
        return self.path / "libvirtd.log"

    @property
    def supervisor_log(self) -> Path:
        """What the host's first process printed."""
        return self.path / "supervisor.log"

    @property
    def ram(self) -> Path:
        """Folder of the files that back the guests' RAM."""
        return self.path / "ram"

    @property
    def probed(self) -> Path:
        """Folder in which the daemon keeps what it found out about QEMU."""
        return self.over(Path("/var/cache/libvirt")) / "qemu/capabilities"

    def qemu_configuration(self, *, is_root: bool = True) -> str:
        """What libvirt's driver of QEMU is told on this host, as root or as another user."""
        return _AS_ROOT * is_root + _QEMU.format(ram=self.ram)

    def over(self, system: Path) -> Path:
        """Return the host's own version of a folder of the system."""
        return self.path / _OWN[system]

    def guests(self) -> list[str]:
        """Return the names of the host's guests, as `write` was told."""
        return (self.path / "guests").read_text(encoding="utf-8").split()

    def beats(self, guest: str) -> Path:
        """Return the file of a guest's recorded heartbeats."""
        return self.path / f"{guest}.beats"

    def console(self, guest: str) -> Path:
        """Return the file of a guest's kernel messages."""
        return self.path / f"{guest}.console"

    def socket(self, guest: str) -> Path:
        """Return the socket to which a guest's heartbeats are sent."""
        return self.path / f"{guest}.port"

    def guest_pid(self, guest: str) -> Path:
        """Return the file with the process id of a guest's QEMU, as the host counts."""
        return self.path / f"run/libvirt/qemu/{guest}.pid"

    def write(self, name: str, uuid: str, guests: list[str]) -> None:
        """Make the folder with all that the host's first process needs."""
        for each in (*map(self.over, MOUNTED), self.ram):
            each.mkdir(parents=True)
        etc = self.over(Path("/etc/libvirt"))
        texts = {
            etc / "libvirtd.conf": _DAEMON.format(uuid=uuid),
            etc / "qemu.conf": self.qemu_configuration(),
            self.path / "name": name,
            self.path / "hosts": f"127.0.0.1 localhost\n127.0.1.1 {name}\n",
            self.path / "kvm": "",
            self.path / "guests": "\n".join(guests),
        }
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")


def checked(directory: Path) -> Path:
    """Return `directory` made absolute, if a lab can be there.

    Raises:
        LabError: A socket's path would be too long, or a folder of the hosts would hide it.

    """
    directory = directory.resolve()
    allowed = _SOCKET_PATH_MAX - max(map(len, _LONGEST)) - 1
    if len(str(directory).encode()) > allowed:
        raise LabError(
            f"expected a folder for the lab whose path has at most {allowed} bytes, because "
            f"sockets lie below it, found {directory}"
        )
    for each in MOUNTED:
        if directory.is_relative_to(each):
            raise LabError(
                f"expected a folder for the lab outside of {each}, which each host has for "
                f"itself, found {directory}"
            )
    return directory
