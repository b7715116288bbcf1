"""First process of a host's namespaces: `python -m tests.lab.supervisor FOLDER`.

Owns what makes the host a machine of its own: folders laid over the system's, the daemon, the
reaping of whatever is orphaned, and the recording of what the host's guests report. All of it
ends with this process. SIGHUP starts the daemon again if it has ended. It must not know of other
hosts.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from .layout import BRIDGE, BRIDGE_ADDRESS, METADATA_ADDRESS, MOUNTED, HostFolder
from .recorder import Recorder
from .requirements import program

_TURN_SECONDS = 0.2


def main() -> None:
    """Run the host whose folder is the only argument, until killed."""
    folder = HostFolder(Path(sys.argv[1]))
    prepare(folder)
    recorder = Recorder((folder.socket(name), folder.beats(name)) for name in folder.guests())
    wanted = [True]

    def want(_signal: int, _frame: FrameType | None) -> None:
        wanted[0] = True

    signal.signal(signal.SIGHUP, want)
    daemon: int | None = None
    while True:
        if wanted[0] and daemon is None:
            daemon = start_daemon(folder)
        wanted[0] = False
        recorder.step(_TURN_SECONDS)
        if daemon in reaped():
            daemon = None


def prepare(folder: HostFolder) -> None:
    """Lay the host's folders over the system's, name the host, and take KVM away.

    Where /dev/kvm exists but does not work, libvirt finds out anew what QEMU can do whenever it
    asks itself. So it gets a file there that not even root may write.
    """
    for path in MOUNTED:
        run("mount", "--bind", str(folder.over(path)), str(path))
    run("mount", "--bind", str(folder.path / "hosts"), "/etc/hosts")
    if Path("/dev/kvm").exists():
        run("mount", "--bind", str(folder.path / "kvm"), "/dev/kvm")
        run("mount", "-o", "remount,bind,ro", "/dev/kvm")
    if os.path.ismount("/sys/fs/cgroup"):
        run("umount", "--recursive", "--lazy", "/sys/fs/cgroup")
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    for address in (METADATA_ADDRESS, f"{BRIDGE_ADDRESS}/24"):
        run("ip", "address", "add", address, "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    name = (folder.path / "name").read_text(encoding="utf-8")
    Path("/proc/sys/kernel/hostname").write_text(name, encoding="utf-8")


def start_daemon(folder: HostFolder) -> int:
    """Start libvirtd; return its process id in this namespace."""
    folder.daemon_pid.unlink(missing_ok=True)
    with folder.daemon_log.open("ab") as log:
        process = subprocess.Popen(
            [program("libvirtd")], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    process.returncode = 0  # its end is seen by `reaped`, together with all others
    return process.pid


def reaped() -> set[int]:
    """Return the ids of the children that have ended since the last call."""
    ended: set[int] = set()
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.add(pid)


def run(name: str, *arguments: str) -> None:
    """Run a program of the system to its end.

    Raises:
        CalledProcessError: It failed; it has said why on standard error.

    """
    subprocess.run([program(name), *arguments], check=True)


if __name__ == "__main__":
    main()
