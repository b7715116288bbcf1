"""Real hosts with real guests: what the witnesses see, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from freezeframe.fleet import AvailabilitySet, Host, VirtualMachine, read_fleet

from .errors import LabError, LabUnavailableError
from .host import Guest
from .laboratory import Lab, attach, down, up
from .processes import wait_for
from .requirements import require_a_lab
from .witness import Beat

ROOT = Path(__file__).parents[2]
SYSTEM = [
    Path(each)
    for each in (
        "/etc/libvirt",
        "/run/libvirt",
        "/var/lib/libvirt",
        "/var/cache/libvirt",
        "/var/log/libvirt",
    )
]


def traces(directory: Path) -> list[str]:
    """What the system knows of a lab in this folder: files, processes, and mounts of any process.

    Found by the folder's name alone, which is its own, not by what the lab itself keeps.
    """
    found = [str(directory)] if directory.exists() else []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            for name in ("cmdline", "environ", "mountinfo"):
                try:
                    text = (process / name).read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue  # it has ended meanwhile
                found += [f"{process.name} {name}"] if f"/{directory.name}/" in text else []
    return found


def system_files() -> set[Path]:
    """What lies in the folders of the system that libvirt uses where it has no namespace."""
    return {path for folder in SYSTEM for path in folder.rglob("*")}


@pytest.fixture(scope="module", autouse=True)
def files_before() -> set[Path]:
    """What lay there before any lab."""
    return system_files()


def last_page(beat: Beat) -> bytes:
    """Return the start of the page that a guest had written last, worked out word by word."""
    writing = beat.rewrites - 1 + beat.pages
    words = []
    for index in range(writing * 512 + 1, writing * 512 + 9):
        word = (beat.seed + 0x9E3779B97F4A7C15 * index) % 2**64
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB % 2**64
        words.append((word ^ (word >> 31)).to_bytes(8, "little"))
    return b"".join(words)


def flip(file: Path, place: int) -> None:
    with file.open("r+b") as ram:
        ram.seek(place)
        (byte,) = ram.read(1)
        ram.seek(place)
        ram.write(bytes([byte ^ 0x10]))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets, as those of `tmp_path` are not."""
    with tempfile.TemporaryDirectory(prefix="lab-") as name:
        yield Path(name)


def clocks_advance(guest: Guest) -> bool:
    return all(one.mono_ms < two.mono_ms for one, two in pairwise(guest.beats()))


def suspended(guest: Guest, milliseconds: int) -> int:
    """Suspend a guest by libvirt alone, for at least so long; return for how long it was."""
    with guest.host.connection() as connection:
        domain = connection.lookupByName(guest.name)
        began = time.monotonic()
        domain.suspend()
        until = began + milliseconds / 1000
        wait_for("the pause to pass", lambda: time.monotonic() > until or None, milliseconds)
        domain.resume()
        return round((time.monotonic() - began) * 1000)


def test_every_guest_runs_where_the_fleet_file_says(small_lab: Lab) -> None:
    fleet = read_fleet(small_lab.fleet_file)
    assert fleet.hosts == tuple(Host(host.name, uri=host.uri) for host in small_lab.hosts)
    assert fleet.availability_sets == (AvailabilitySet("set1", 2),)
    assert fleet.vms == (
        VirtualMachine("h1-g1", "h1", "set1", 0),
        VirtualMachine("h2-g1", "h2", "set1", 1),
    )
    for host in small_lab.hosts:
        with host.connection() as connection:
            assert connection.getHostname() == host.name
            (domain,) = connection.listAllDomains()
            assert domain.name() == f"{host.name}-g1"
            assert domain.isActive()


def test_one_pause_is_seen_by_the_guest_that_was_paused_and_by_no_other(small_lab: Lab) -> None:
    paused, other = small_lab.guests
    for guest in small_lab.guests:
        guest.wait_for_beats(5)
    length_ms = suspended(paused, 2000)
    seen = [guest.wait_for_beats(15) for guest in small_lab.guests]
    assert all(two.seq == one.seq + 1 for beats in seen for one, two in pairwise(beats))
    assert clocks_advance(paused)
    assert clocks_advance(other)
    (pause,) = paused.observation().pauses
    assert length_ms - 300 <= pause.length_ms <= length_ms + 300
    last = paused.beats()[-1]
    first = paused.beats()[0]
    assert last.clock_offset_ms - first.clock_offset_ms <= 300 - length_ms  # nobody set its clock
    assert other.observation().pauses == ()
    for guest in small_lab.guests:
        observation = guest.observation()
        assert observation.starts == 1
        assert observation.memory_faults == ()
        assert guest.beats()[-1].rewrites > 0


def test_a_clock_that_is_set_through_the_agent_is_seen_to_be(small_lab: Lab) -> None:
    guest = small_lab.guests[0]
    before = guest.wait_for_beats(1)[-1]
    set_ms = before.wall_ms - 5000
    with guest.host.connection() as connection:
        time_of_day = {"seconds": set_ms // 1000, "nseconds": set_ms % 1000 * 1_000_000}
        connection.lookupByName(guest.name).setTime(time_of_day)
    guest.wait_for_beats(10)
    (step,) = guest.observation().clock_steps
    assert step.after_seq >= before.seq
    assert -5000 - 2000 <= step.step_ms <= -5000


def test_ram_is_read_and_spoilt_from_outside_and_the_witness_sees_it(small_lab: Lab) -> None:
    """A bit of a paused guest's table is flipped in the file that backs its RAM."""
    guest = small_lab.guests[1]
    (file,) = (path for path in guest.host.folder.ram.rglob("*") if path.is_file())
    assert file.stat().st_size == 128 * 2**20
    with guest.host.connection() as connection:
        domain = connection.lookupByName(guest.name)
        domain.suspend()
        last = guest.beats()[-1]
        place = file.read_bytes().index(last_page(last)) + 1000
        flip(file, place)
        domain.resume()
    rounds = last.pages // 16 + 2
    guest.wait_for_beats(rounds)
    texts = [fault.text for fault in guest.observation().memory_faults]
    assert texts.count("the guest found 1 pages wrong") == 1
    wrong_sums = [text for text in texts if text.startswith("expected the checksum")]
    assert rounds - 4 <= len(wrong_sums) <= rounds  # until the page was written again
    assert small_lab.guests[0].observation().memory_faults == ()


def test_the_process_of_a_guest_is_known(small_lab: Lab) -> None:
    guest = small_lab.guests[0]
    pid = guest.pid()
    assert pid is not None
    command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert f"guest={guest.name},debug-threads=on".encode() in command


def test_guests_outlive_their_daemon(small_lab: Lab) -> None:
    guest = small_lab.guests[1]
    before = guest.host.daemon_pid()
    guest.host.kill_daemon()
    assert guest.host.answers() is None
    guest.wait_for_beats(3)
    guest.host.start_daemon()
    assert guest.host.daemon_pid() not in (None, before)
    with guest.host.connection() as connection:
        assert connection.lookupByName(guest.name).isActive()
    assert guest.observation().starts == 1


def test_another_process_finds_the_lab(small_lab: Lab) -> None:
    command = [sys.executable, "-m", "tests.lab", "show", str(small_lab.directory)]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == [
        *(f"{host.name}  {host.uri}  {host.name}-g1" for host in small_lab.hosts),
        f"fleet  {small_lab.fleet_file}",
    ]
    assert attach(small_lab.directory) == small_lab


def test_a_folder_in_use_is_refused_and_left_alone(small_lab: Lab) -> None:
    with pytest.raises(LabError, match="take that down first"):
        up(small_lab.directory)
    assert small_lab.guests[0].wait_for_beats(1)


def test_nothing_is_left_of_a_lab_that_was_taken_down(
    small_lab: Lab, files_before: set[Path]
) -> None:
    """The last test that needs the lab, so it takes it down itself."""
    there = traces(small_lab.directory)
    assert {"cmdline", "mountinfo"} <= {trace.rpartition(" ")[2] for trace in there}
    assert down(small_lab.directory)
    assert traces(small_lab.directory) == [str(small_lab.directory)]
    assert list(small_lab.directory.iterdir()) == []  # it was there before the lab
    assert system_files() == files_before
    assert not down(small_lab.directory)


@pytest.mark.usefixtures("possible_lab")
def test_nothing_is_left_of_a_lab_whose_maker_was_killed(
    folder: Path, files_before: set[Path]
) -> None:
    directory = folder / folder.name
    command = [sys.executable, "-m", "tests.lab", "up", "--directory", str(directory)]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as maker:
        log = directory / "h2/libvirtd.log"
        wait_for("a daemon", lambda: log.exists() or maker.poll(), 120)
        os.killpg(maker.pid, signal.SIGKILL)
    assert traces(directory) != []
    assert down(directory)
    assert traces(directory) == []
    assert system_files() == files_before
    assert not down(directory)


@pytest.mark.usefixtures("possible_lab")
def test_nothing_is_left_of_a_lab_that_did_not_come_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", str(folder))  # no Python starts with that
    directory = folder / folder.name
    with pytest.raises(LabError, match="expected the host h1 to run, found that it ended:\n"):
        up(directory)
    assert traces(directory) == []


@pytest.fixture
def _asked_anew() -> Iterator[None]:
    """The answer to whether there can be a lab is neither an old one nor kept for others."""
    require_a_lab.cache_clear()
    yield
    require_a_lab.cache_clear()


@pytest.mark.usefixtures("_asked_anew")
def test_another_kind_of_machine_cannot_have_a_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(LabUnavailableError) as caught:
        require_a_lab()
    assert str(caught.value) == "expected Linux on x86_64, found Linux on riscv64"


@pytest.mark.usefixtures("possible_lab", "_asked_anew")
def test_only_root_can_have_a_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(LabUnavailableError, match=r"^expected to be root, .* found user 1000$"):
        require_a_lab()
