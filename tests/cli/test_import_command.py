"""`freezeframe import`."""

from __future__ import annotations

from pathlib import Path

import pytest

from freezeframe.fleet import read_fleet

from .conftest import Call

pytest.importorskip("libvirt", reason="the optional extra freezeframe[libvirt] is not installed")


def test_a_fleet_file_is_printed(call: Call, tmp_path: Path) -> None:
    answer = call("import", "test:///default")
    assert (answer.code, answer.err) == (0, "")
    (tmp_path / "fleet.toml").write_text(answer.out)
    assert [vm.name for vm in read_fleet(tmp_path / "fleet.toml").vms] == ["test"]


def test_a_fleet_file_is_written_and_can_be_checked(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "fleet.toml"
    answer = call("import", "test:///default", "--output", path)
    assert (answer.code, answer.out) == (0, "")
    assert answer.err == f"Wrote {path}; check it with: freezeframe check {path}\n"
    assert call("check", path, "--max-states", "1000").code in {0, 3}


def test_a_host_that_does_not_answer_is_one_message(call: Call) -> None:
    answer = call("import", "test:///no/such/file.xml")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("test:///no/such/file.xml: expected a libvirt host")
