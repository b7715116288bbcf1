"""The live table of a run fits its terminal and keeps what matters."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from freezeframe.cli.run_view import Row, table_of
from freezeframe.fleet import VirtualMachine

LIMIT_SECONDS = 30.0


def rows(paused: dict[int, float], count: int = 36) -> list[Row]:
    """VMs with long names on hosts with long names; some of them paused, by number."""
    return [
        Row(
            VirtualMachine(f"payments-frontend-{number}", "host", "payments", number % 5),
            f"compute-node-{number:03}.example",
            "updating" if number in paused else "in service, new",
            "paused" if number in paused else "not seen yet",
            paused.get(number, 0),
            paused.get(number, 0),
        )
        for number in range(count)
    ]


def drawn(made: list[Row], width: int, height: int) -> list[str]:
    table = table_of(made, LIMIT_SECONDS, height_max=height, width_max=width)
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as told:
        console.print(table)
    return told.get().splitlines()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_every_vm_takes_one_line_and_pauses_are_never_cut(width: int) -> None:
    lines = drawn(rows({7: 4.2, 8: 24.0, 9: 131.2}), width, 14)
    assert "paused/30 s" in lines[0]
    assert [line.split()[-4::2] for line in lines[1:4]] == [
        ["4.2", "4.2"],
        ["24.0", "24.0"],
        ["131.2", "131.2"],
    ]
    assert lines[4].strip() == "and 33 more"
    assert len(lines) == 5


def test_names_keep_both_ends_where_there_is_no_room_for_all() -> None:
    (_, line, _) = drawn(rows({12: 4.2}), 80, 14)
    assert "pay…d-12" in line
    (_, wide, _) = drawn(rows({12: 4.2}), 140, 14)
    assert "compute-node-012.example" in wide
    assert "payments-frontend-12" in wide


def test_no_more_lines_than_the_terminal_has() -> None:
    assert len(drawn(rows(dict.fromkeys(range(36), 1.0)), 80, 24)) <= 24
    assert len(drawn(rows({}), 80, 24)) <= 24
    assert len(drawn(rows({}, count=3), 80, 24)) == 4
