"""Loops in machine code do what they do in Python, and start without numba where one ran before;
the compiler need not be as that relies upon.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llvmlite import binding
from numba.core.ccallback import CFunc

from freezeframe.checking.search.machine_code import Helper
from freezeframe.checking.search.native import Calls, Native, native

BOUND = 7

PROGRAM = """
import sys
{before}
from freezeframe.checking.check import check
from freezeframe.fleet import example
from freezeframe.protocol.policies import OneUpdateDomain

found = check(example("one-vm"), OneUpdateDomain())
print(found.states, found.transitions, found.depth, "numba" in sys.modules)
"""

COMPILED, KEPT = "85 122 17 True", "85 122 17 False"
"""What a process prints that compiles, and one that loads what another kept."""


@Helper
def bounded(value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    return min(value, BOUND)


@native(results=3)
def folded(factor, pair, flags):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Sum what is flagged, of two arrays of which the second has rows; count in place."""
    numbers, rows = pair
    total = count = 0
    for index in range(numbers.shape[0]):
        if flags[index]:
            total += factor * bounded(numbers[index]) - rows[index, 1]
            count += 1
            rows[index, 0] += 1
    return total, count, numbers.shape[0] + rows.shape[1]


small = st.integers(0, 20)


@given(st.integers(-5, 5), st.lists(st.tuples(small, small, small, st.booleans()), max_size=6))
def test_a_loop_does_what_it_does_in_python(
    factor: int, items: list[tuple[int, int, int, bool]]
) -> None:
    numbers = np.array([each[0] for each in items], np.uint16)
    rows = np.array([each[1:3] for each in items], np.int64).reshape(-1, 2)
    flags = np.array([each[3] for each in items], np.bool_)
    ours, theirs = rows.copy(), rows.copy()
    expected = folded.function(factor, (numbers.astype(np.int64), theirs), flags)
    assert folded(factor, (numbers, ours), flags) == tuple(map(int, expected))
    assert (ours == theirs).all()


def test_many_calls_heed_new_arrays_and_new_integers() -> None:
    calls = Calls(folded)
    numbers, flags = np.array([1, 2], np.uint16), np.array([True, True])
    assert calls(1, (numbers, np.zeros((2, 2), np.int64)), flags)[0] == 3
    assert calls(2, (numbers, np.zeros((2, 2), np.int64)), flags)[0] == 6
    assert calls(1, (numbers, np.ones((2, 2), np.int64)), flags)[0] == 1


def test_arrays_with_gaps_are_refused() -> None:
    numbers, flags = np.arange(4, dtype=np.uint16)[::2], np.array([True, True])
    with pytest.raises(ValueError, match="expected contiguous arrays"):
        folded(1, (numbers, np.zeros((2, 2), np.int64)), flags)


@pytest.fixture(name="codes", scope="module")
def code_of_a_first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("codes")
    assert run(directory) == COMPILED
    return directory


def run(directory: Path, before: str = "") -> str:
    """What a process counts that keeps code in `directory`, and whether it loaded numba; behind
    that, what it complains of.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(directory)},
    )
    return (done.stdout + done.stderr).strip()


def test_a_second_process_does_without_numba(codes: Path) -> None:
    assert run(codes) == KEPT


def test_code_that_is_not_whole_is_compiled_again(codes: Path) -> None:
    code = next(codes.glob("spread-*.o"), None) or next(codes.glob("enter-*.o"))
    whole = code.read_bytes()
    for damaged in (b"", whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
        code.write_bytes(damaged)
        assert run(codes) == COMPILED
        assert code.read_bytes()[32:].partition(b"\n")[0] == whole[32:].partition(b"\n")[0]
        assert run(codes) == KEPT


def test_a_place_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    there = tmp_path / "a file, not a directory"
    there.write_text("")
    assert run(there) == COMPILED


NO_TEXT = """
from numba.core.ccallback import CFunc
del CFunc.inspect_llvm
"""


def test_a_check_counts_the_same_and_says_why_it_is_slow_where_code_cannot_be_kept(
    tmp_path: Path,
) -> None:
    answer, _, complaint = run(tmp_path, NO_TEXT).partition("\n")
    assert answer == COMPILED
    assert complaint.startswith("Machine code of the search cannot be kept")
    assert "\n" not in complaint, "it is told once"
    assert "has no attribute 'inspect_llvm'" in complaint
    assert not any(tmp_path.iterdir())


def other_text(told: Callable[[Any], str], added: str) -> Callable[[Any], str]:
    return lambda callback: f"{told(callback)}\n{added}\n"


@pytest.mark.parametrize(
    ("added", "why"),
    [
        ("declare void @tomorrow()", "does without tomorrow"),
        ("@morrow = external global i8", "does without morrow"),
        ("this is not LLVM", "expected top-level entity"),
    ],
)
def test_machine_code_that_is_not_as_relied_upon_is_left_to_numba(
    added: str,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What LLVM alone lacks would end the process at its first call, or as it is loaded."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(CFunc, "inspect_llvm", other_text(CFunc.inspect_llvm, added))
    rows, flags = np.zeros((2, 2), np.int64), np.array([True, True])
    found = Native(folded.function, 3)(1, (np.array([1, 9], np.uint16), rows), flags)
    assert found == (1 + BOUND, 2, 4)
    assert rows[:, 0].tolist() == [1, 1]
    assert why in caplog.text


def test_code_that_llvm_does_not_load_is_left_to_numba(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(binding, "create_mcjit_compiler")
    rows, flags = np.zeros((1, 2), np.int64), np.array([True])
    found = Native(folded.function, 3)(2, (np.array([3], np.uint16), rows), flags)
    assert found == (6, 1, 3)
    assert "has no attribute 'create_mcjit_compiler'" in caplog.text
