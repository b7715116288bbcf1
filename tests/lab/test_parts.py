"""What a lab is made of, as far as it can be tried without bringing one up."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from freezeframe.fleet.libvirt_import import NAMESPACE

from . import probed
from .archive import initramfs
from .domain import Port, Ram, domain_xml
from .errors import LabError, LabUnavailableError
from .image import Image
from .laboratory import down, up
from .layout import HostFolder, checked
from .processes import TOKEN_VARIABLE, bearers, end, wait_for
from .recorder import Recorder
from .requirements import program
from .state import GuestState, HostState, LabState, read_state, remove_state, write_state
from .witness import recorded

STATE = LabState(
    token="token",  # noqa: S106 (no secret)
    made_directory=True,
    hosts=(HostState("h1", "uuid", (GuestState("h1-g1", "set1", 3),)),),
)
LINE = b"witness 1 seed=%016x seq=%d mono_ms=1 wall_ms=2 tsc=3 pages=4 rewrites=5 sum=%016x wrong=6"


def test_linux_would_find_the_files_in_the_archive(tmp_path: Path) -> None:
    """Another implementation of the format unpacks it: cpio, or the one of busybox."""
    unpack = shutil.which("cpio") or shutil.which("busybox")
    if unpack is None:
        pytest.skip("needs cpio or busybox")
    files = {"init": (0o755, b"one"), "a/b/c": (0o640, b""), "a/d": (0o600, b"12345")}
    archive = initramfs(files, {"a/link": "/init"})
    applet = ["cpio"] if Path(unpack).name == "busybox" else []
    command = [unpack, *applet, "-i", "-d"]
    subprocess.run(command, cwd=tmp_path, input=archive, check=True, capture_output=True)
    for path, (mode, content) in files.items():
        assert (tmp_path / path).read_bytes() == content
        assert (tmp_path / path).stat().st_mode & 0o777 == mode
    assert (tmp_path / "a/link").readlink() == Path("/init")
    assert archive == initramfs(dict(reversed(files.items())), {"a/link": "/init"})


@pytest.mark.parametrize(
    ("ram", "backing"),
    [("file", '<source type="file"'), ("memfd", '<source type="memfd"'), ("private", None)],
)
def test_a_domain_is_marked_with_its_place_and_has_the_ram_asked_for(
    ram: Ram, backing: str | None
) -> None:
    image = Image(Path("/k"), Path("/i"))
    console, beats = Port("file", Path("/c")), Port("unix", Path("/b"))
    text = domain_xml("g", image, console, beats, placement=("web", 4), ram=ram)
    assert f'xmlns:ns0="{NAMESPACE}"' in text
    assert '<ns0:placement availability-set="web" update-domain="4"' in text
    assert ("memoryBacking" in text) == (backing is not None)
    assert backing is None or backing in text
    assert "metadata" not in domain_xml("g", image, console, beats)


def test_what_was_written_down_is_read_back(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    write_state(tmp_path, STATE)
    assert read_state(tmp_path) == STATE
    remove_state(tmp_path)
    remove_state(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1}'])
def test_a_file_that_is_none_of_ours_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "lab.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=r"lab\.json to be of version 1, found"):
        down(tmp_path)
    assert file.read_text(encoding="utf-8") == text


def test_only_what_belongs_to_a_lab_is_removed(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    for name in ("h1", "h2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    assert down(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["h2"]
    assert not down(tmp_path)
    assert not down(tmp_path / "never")


def test_only_the_processes_that_bear_the_token_are_ended() -> None:
    sleep = [program("sleep"), "60"]
    with (
        subprocess.Popen(sleep, env={TOKEN_VARIABLE: "ours"}) as ours,
        subprocess.Popen(sleep, env={TOKEN_VARIABLE: "ours-not"}) as other,
    ):
        wait_for("the processes", lambda: (bearers("ours") and bearers("ours-not")) or None, 10)
        assert bearers("ours") == [ours.pid]
        end("ours")
        assert ours.wait() == -9
        assert other.poll() is None
        end("ours-not")
    end("nobody's")


def test_waiting_ends_with_an_answer_or_with_what_was_waited_for() -> None:
    answers = iter([None, None, 3])
    assert wait_for("a number", lambda: next(answers), 10) == 3
    with pytest.raises(LabError, match=r"expected a number within 0 s, found none"):
        wait_for("a number", lambda: None, 0)


def test_lines_are_recorded_as_they_arrive_and_across_connections(tmp_path: Path) -> None:
    port, log = tmp_path / "port", tmp_path / "log"
    recorder = Recorder([(port, log)])
    assert recorded(log.read_text(encoding="ascii")) == []
    lines = [LINE % (1, number, 2) for number in range(3)]
    for parts in ((lines[0][:20], lines[0][20:] + b"\n" + lines[1] + b"\n"), (lines[2] + b"\n",)):
        with socket.socket(socket.AF_UNIX) as guest:
            guest.connect(str(port))
            for part in parts:
                guest.sendall(part)
                for _ in range(3):
                    recorder.step(0)
        recorder.step(0)
    recorder.close()
    beats = recorded(log.read_text(encoding="ascii"))
    assert [beat.seq for beat in beats] == [0, 1, 2]
    assert all(one.arrival_ms <= two.arrival_ms for one, two in pairwise(beats))


def test_a_folder_where_no_lab_can_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="at most 72 bytes"):
        checked(tmp_path / ("x" * 80))
    with pytest.raises(LabError, match="outside of /run"):
        checked(Path("/run/lab"))


def test_a_host_finds_in_its_folder_what_it_was_told(tmp_path: Path) -> None:
    folder = HostFolder(tmp_path)
    folder.write("h1", "uuid", ["h1-g1", "h1-g2"])
    assert folder.guests() == ["h1-g1", "h1-g2"]
    assert f'memory_backing_dir = "{tmp_path}/ram"' in (tmp_path / "etc/qemu.conf").read_text()


def test_what_one_host_found_out_about_qemu_is_handed_to_the_next(tmp_path: Path) -> None:
    one, two = HostFolder(tmp_path / "one"), HostFolder(tmp_path / "two")
    found = tmp_path / "one/cache/qemu/capabilities/x.xml"
    found.parent.mkdir(parents=True)
    found.write_text("<qemuCaps/>", encoding="utf-8")
    probed.keep(tmp_path / "kept", one.probed)
    probed.hand_over(tmp_path / "kept", two.probed)
    (given,) = (tmp_path / "two/cache/qemu/capabilities").iterdir()
    assert (given.name, given.read_bytes()) == ("x.xml", b"<qemuCaps/>")
    assert given.stat().st_mtime_ns == found.stat().st_mtime_ns


def test_a_program_that_is_not_there_is_told_with_what_to_install() -> None:
    with pytest.raises(LabUnavailableError, match=r"apt-get install .* libvirt-daemon") as caught:
        program("no-such-program")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("numbers", [(0, 1), (33, 1), (1, 33)])
def test_a_lab_of_no_or_too_many_hosts_is_refused(tmp_path: Path, numbers: tuple[int, int]) -> None:
    hosts, guests = numbers
    with pytest.raises(LabError, match="expected 1 to 32 hosts and guests of each, found"):
        up(tmp_path, hosts=hosts, guests=guests)


def test_the_command_tells_errors_in_a_line_and_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "lab.json").write_text(json.dumps({"version": 0}), encoding="utf-8")
    command = [sys.executable, "-m", "tests.lab"]
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [*command, "down", str(tmp_path)], cwd=root, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("lab: expected ")
    assert run.stderr.count("\n") == 1
    none = tmp_path / "none"
    run = subprocess.run(
        [*command, "down", str(none)], cwd=root, capture_output=True, text=True, check=True
    )
    assert run.stdout == f"no lab in {none}\n"
