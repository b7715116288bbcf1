"""Brings a lab up and takes it down again.

Owns the order of things: what is to be started is written down first, so that `down` finds all of
it from any process at any time. It must not know what the lab is used for.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from freezeframe.fleet.libvirt_import import import_with_notes
from freezeframe.fleet.model import UPDATE_DOMAINS_MAX
from freezeframe.fleet.writer import write_fleet

from .booting import boot
from .domain import MEMORY_MIB, Ram
from .errors import LabError
from .host import DAEMON_SECONDS_MAX, Guest, Host
from .image import default_cache, image
from .layout import HostFolder, checked
from .processes import TOKEN_VARIABLE, end, wait_for
from .requirements import namespaces, require_a_lab
from .state import GuestState, HostState, LabState, read_state, remove_state, write_state

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTS_MAX = 32
"""Hosts that a lab can have, and guests that a host can have."""

_ROOT = Path(__file__).parents[2]

_children: dict[str, list[subprocess.Popen[bytes]]] = {}
"""What this process started for the lab of a token, and therefore has to wait for in the end."""


@dataclass(frozen=True)
class Lab:
    """A lab that is up: its folder, its hosts, and their guests in the order of the hosts."""

    directory: Path
    hosts: tuple[Host, ...]
    guests: tuple[Guest, ...]

    @property
    def fleet_file(self) -> Path:
        """The fleet file that describes the hosts and guests."""
        return self.directory / "fleet.toml"

    def host(self, name: str) -> Host:
        """Return the host of that name."""
        return next(host for host in self.hosts if host.name == name)

    def guest(self, name: str) -> Guest:
        """Return the guest of that name."""
        return next(guest for guest in self.guests if guest.name == name)


def up(
    directory: Path,
    *,
    hosts: int = 2,
    guests: int = 1,
    update_domains: int | None = None,
    unmarked: int = 0,
    ram: Ram = "file",
    memory_mib: int = MEMORY_MIB,
    cache: Path | None = None,
) -> Lab:
    """Bring up so many hosts with so many guests each, in a folder that is new or empty.

    Hosts are called h1, h2, …, guests h1-g1, h1-g2, …. The first guests of all hosts are one
    availability set, set1, each host with an update domain of its own unless `update_domains` says
    how many there are, and so on: see `update_domain`. Each host also has `unmarked` guests h1-u1,
    …, which are not marked for freezeframe. Returns when every guest's agent has answered and its
    first heartbeat is recorded. If it fails, nothing is left.

    Raises:
        LabUnavailableError: This machine cannot have a lab.
        LabError: It can, but the lab did not come up.

    """
    for number in (hosts, guests):
        if number not in range(1, HOSTS_MAX + 1):
            raise LabError(f"expected 1 to {HOSTS_MAX} hosts and guests of each, found {number}")
    domains = min(hosts, UPDATE_DOMAINS_MAX) if update_domains is None else update_domains
    if domains not in range(1, UPDATE_DOMAINS_MAX + 1):
        raise LabError(f"expected 1 to {UPDATE_DOMAINS_MAX} update domains, found {domains}")
    require_a_lab()
    built = image(cache)
    directory = checked(directory)
    made = not directory.exists()
    if not made and any(directory.iterdir()):
        raise LabError(
            f"expected no folder {directory} or an empty one, found something in it; if it is a "
            "lab, take that down first"
        )
    directory.mkdir(parents=True, exist_ok=True)
    state = LabState(
        token=secrets.token_hex(16),
        made_directory=made,
        hosts=tuple(
            HostState(f"h{host}", str(uuid.uuid4()), _guests(host, guests, domains, unmarked))
            for host in range(1, hosts + 1)
        ),
    )
    write_state(directory, state)
    try:
        _start(directory, state)
        lab = attach(directory)
        boot(lab.guests, built, ram, memory_mib, cache or default_cache())
        _describe(lab)
    except BaseException:
        down(directory)
        raise
    return lab


def attach(directory: Path) -> Lab:
    """Return the lab in a folder, which any process may have brought up.

    Raises:
        LabError: There is none.

    """
    directory = directory.resolve()
    state = read_state(directory)
    if state is None:
        raise LabError(f"expected a lab in {directory}, found none")
    hosts, guests = [], []
    for each in state.hosts:
        host = Host(each.name, HostFolder(directory / each.name), state.token)
        hosts.append(host)
        guests += [
            Guest(one.name, host, one.availability_set, one.update_domain) for one in each.guests
        ]
    return Lab(directory, tuple(hosts), tuple(guests))


def down(directory: Path) -> bool:
    """Take down whatever there is of a lab, and remove it; return whether there was one.

    Its processes are ended by their ids, and with them their mounts go. To be called again is
    harmless. A folder that was there before the lab stays.

    Raises:
        LabError: A process would not end, or the folder has a lab.json that is none of ours.

    """
    directory = directory.resolve()
    state = read_state(directory)
    if state is None:
        return False
    end(state.token)
    for child in _children.pop(state.token, ()):
        child.wait()
    for host in state.hosts:
        if (directory / host.name).exists():
            shutil.rmtree(directory / host.name)
    (directory / "fleet.toml").unlink(missing_ok=True)
    remove_state(directory)
    if state.made_directory and not any(directory.iterdir()):
        directory.rmdir()
    return True


@contextmanager
def running(
    *,
    hosts: int = 2,
    guests: int = 1,
    update_domains: int | None = None,
    unmarked: int = 0,
    ram: Ram = "file",
    memory_mib: int = MEMORY_MIB,
    cache: Path | None = None,
) -> Iterator[Lab]:
    """Have a lab as `up` brings it up, in a temporary folder, and take it down at the end."""
    require_a_lab()
    parent = _roomy_folder(hosts * (guests + unmarked) * memory_mib)
    directory = Path(tempfile.mkdtemp(prefix="lab-", dir=parent))
    try:
        yield up(
            directory,
            hosts=hosts,
            guests=guests,
            update_domains=update_domains,
            unmarked=unmarked,
            ram=ram,
            memory_mib=memory_mib,
            cache=cache,
        )
    finally:
        down(directory)
        directory.rmdir()


def _roomy_folder(mib: int) -> Path | None:
    """Return /dev/shm if twice so much fits in, so that guests' RAM need not go to a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - what is made there has a name of its own
    if memory.is_dir() and os.access(memory, os.W_OK):
        free = shutil.disk_usage(memory).free
        if free > 2 * mib * 2**20:
            return memory
    return None


def update_domain(host: int, guest: int, domains: int) -> int:
    """The update domain, of so many, of guest number `guest` of host number `host`, from 1.

    Round robin; but each time round, every set after the first is one domain further. So hosts
    that agree in the first set are in different domains of the second, and must not be maintained
    together on its account.

    >>> [[update_domain(host, guest, 2) for host in (1, 2, 3, 4)] for guest in (1, 2)]
    [[0, 1, 0, 1], [0, 1, 1, 0]]
    """
    round_number, place = divmod(host - 1, domains)
    return (place + (guest - 1) * round_number) % domains


def _guests(host: int, guests: int, domains: int, unmarked: int) -> tuple[GuestState, ...]:
    marked = (
        GuestState(f"h{host}-g{guest}", f"set{guest}", update_domain(host, guest, domains))
        for guest in range(1, guests + 1)
    )
    others = (GuestState(f"h{host}-u{guest}", None, None) for guest in range(1, unmarked + 1))
    return (*marked, *others)


def _start(directory: Path, state: LabState) -> None:
    """Start each host's first process, and wait until all their daemons answer."""
    children = _children.setdefault(state.token, [])
    environment = {**os.environ, TOKEN_VARIABLE: state.token}
    for each in state.hosts:
        folder = HostFolder(directory / each.name)
        folder.path.mkdir()
        folder.write(each.name, each.uuid, [guest.name for guest in each.guests])
        command = [*namespaces(), sys.executable, "-m", "tests.lab.supervisor", str(folder.path)]
        with folder.supervisor_log.open("ab") as log:
            children.append(
                subprocess.Popen(
                    command,
                    cwd=_ROOT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
    for host, child in zip(attach(directory).hosts, children, strict=True):
        _await_daemon(host, child)


def _await_daemon(host: Host, child: subprocess.Popen[bytes]) -> None:
    def answers() -> bool | None:
        if child.poll() is not None:
            text = host.folder.supervisor_log.read_text(encoding="utf-8", errors="replace")
            raise LabError(f"expected the host {host.name} to run, found that it ended:\n{text}")
        return host.answers()

    wait_for(f"the daemon of {host.name} to answer", answers, DAEMON_SECONDS_MAX)


def _describe(lab: Lab) -> None:
    """Write the fleet file, from what the hosts themselves say."""
    fleet, notes = import_with_notes([host.uri for host in lab.hosts])
    text = write_fleet(replace(fleet, name="lab"), notes)
    lab.fleet_file.write_text(text, encoding="utf-8")
