"""Whether this machine can have a lab at all.

Owns the reasons why not. It must not know how a lab is built, and it changes nothing.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import shutil
import subprocess

from .errors import LabUnavailableError

PACKAGES = (
    "qemu-system-x86 libvirt-daemon libvirt-daemon-driver-qemu libvirt-daemon-system "
    "libvirt-dev pkg-config gcc libc6-dev iproute2"
)
"""What Debian calls the programs that a lab needs, besides those that every Debian has."""

_PROGRAMS = ("libvirtd", "qemu-system-x86_64", "unshare", "mount", "ip", "gcc", "apt-get", "dpkg")
_SEARCHED = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def program(name: str) -> str:
    """Return the path of an installed program.

    Raises:
        LabUnavailableError: There is none of that name.

    """
    path = shutil.which(name, path=_SEARCHED)
    if path is None:
        raise LabUnavailableError(f"expected the program {name}, found none; {_advice()}")
    return path


@functools.cache
def require_a_lab() -> None:
    """Return if this machine can have a lab, as far as can be told without building one.

    Raises:
        LabUnavailableError: It cannot; the text is one line.

    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        found = f"{platform.system()} on {platform.machine()}"
        raise LabUnavailableError(f"expected Linux on x86_64, found {found}")
    for each in _PROGRAMS:
        program(each)
    if importlib.util.find_spec("libvirt") is None:
        raise LabUnavailableError(
            "expected libvirt's Python binding, found none; install freezeframe[libvirt]"
        )
    if os.geteuid() != 0:
        raise LabUnavailableError(
            "expected to be root, who may make namespaces and run libvirtd in them, found user "
            f"{os.geteuid()}"
        )
    trial = subprocess.run(
        [*namespaces(), program("true")], capture_output=True, text=True, check=False
    )
    if trial.returncode:
        text = " ".join(trial.stderr.split())
        raise LabUnavailableError(f"expected to be allowed namespaces of one's own, found: {text}")


def namespaces() -> list[str]:
    """Return the command that runs what follows it as the first process of a host's namespaces.

    Mounts, processes, network and host name are the host's own. What it starts ends with it, and
    it ends with the command.
    """
    flags = ["--mount", "--mount-proc", "--pid", "--fork", "--kill-child", "--net", "--uts"]
    return [program("unshare"), *flags]


def _advice() -> str:
    return f"on Debian: apt-get install --no-install-recommends {PACKAGES}"
