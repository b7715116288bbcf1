"""`freezeframe plan` prints waves, writes JSON and pictures, and refuses with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freezeframe.cli.__main__ import run

TWISTED = """name = "twisted"
[[availability_sets]]
name = "web"
[[hosts]]
name = "a"
[[hosts]]
name = "b"
[[vms]]
name = "v0"
host = "a"
availability_set = "web"
update_domain = 0
[[vms]]
name = "v1"
host = "a"
availability_set = "web"
update_domain = 1
"""


def test_prints_waves_with_what_forces_them_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "two-tiers"]) == 0
    printed = capsys.readouterr().out
    assert "two tiers, under one-update-domain: 2 waves (fewer are not possible)" in printed
    assert "Waves 1 and 2 are apart for web (domains 0 and 1)" in printed


def test_the_object_says_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["plan", "two-tiers", "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [wave["hosts"] for wave in told["waves"]] == [["host-a"], ["host-b", "host-c"]]
    assert told["is_minimal"] is True
    assert told["separations"][0]["waves"] == [1, 2]
    file = tmp_path / "plan.json"
    assert run(["plan", "two-tiers", "--json", str(file)]) == 0
    assert json.loads(file.read_text()) == told


def test_a_picture_shows_hosts_in_waves_and_sets_on_edges(tmp_path: Path) -> None:
    file = tmp_path / "plan.dot"
    assert run(["plan", "shared-hosts", "--picture", str(file)]) == 0
    text = file.read_text()
    assert "cluster_0" in text
    assert '"host host-a" -- ' in text


def busy(tmp_path: Path, *, hosts: int, domains: int) -> Path:
    """A fleet file of one set, with one VM on each host, in so many domains in turn."""
    text = f'name = "busy"\n[[availability_sets]]\nname = "web"\nupdate_domains = {domains}\n'
    text += "".join(f'[[hosts]]\nname = "h{number}"\n' for number in range(hosts))
    for number in range(hosts):
        text += f'[[vms]]\nname = "v{number}"\nhost = "h{number}"\navailability_set = "web"\n'
        text += f"update_domain = {number % domains}\n"
    file = tmp_path / "busy.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("hosts", "domains", "box", "lines"),
    [(15, 15, '"host h0"', 105), (20, 20, '"wave 0"', 19), (61, 3, '"wave 0"', 3)],
    ids=["every conflict", "too many conflicts", "too many hosts"],
)
def test_a_picture_has_no_more_lines_than_an_eye_can_follow(
    tmp_path: Path, hosts: int, domains: int, box: str, lines: int
) -> None:
    file = tmp_path / "plan.dot"
    assert (
        run(["plan", str(busy(tmp_path, hosts=hosts, domains=domains)), "--picture", str(file)])
        == 0
    )
    text = file.read_text()
    assert box in text
    assert text.count(" -- ") == lines
    assert ("too many to draw" in text) == (hosts == 20)


def test_a_fleet_that_cannot_be_maintained_is_refused_with_what_would_help(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "fleet.toml"
    file.write_text(TWISTED)
    assert run(["plan", str(file)]) == 2
    told = capsys.readouterr().err
    assert "host a carries several domains of set web" in told
    assert "Move v1 to b." in told


def test_a_picture_of_an_unknown_form_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--picture", "waves.bmp"]) == 2
    assert "expected a name that ends in one of .dot" in capsys.readouterr().err
