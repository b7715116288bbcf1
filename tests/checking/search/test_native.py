"""Loops in machine code do what they do in Python, and start without numba where one ran before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freezeframe.checking.search.native import Calls, Helper, native

BOUND = 7

PROGRAM = """
import sys
from freezeframe.checking.check import check
from freezeframe.fleet import example
from freezeframe.protocol.policies import OneUpdateDomain

print(check(example("one-vm"), OneUpdateDomain()).states, "numba" in sys.modules)
"""


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
    assert run(directory) == "85 True"
    return directory


def run(directory: Path) -> str:
    """How many states a process finds that keeps code in `directory`; whether it loaded numba."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(directory)},
    )
    return done.stdout.strip()


def test_a_second_process_does_without_numba(codes: Path) -> None:
    assert run(codes) == "85 False"


def test_code_that_is_not_whole_is_compiled_again(codes: Path) -> None:
    code = next(codes.glob("spread-*.o"), None) or next(codes.glob("enter-*.o"))
    whole = code.read_bytes()
    for damaged in (b"", whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
        code.write_bytes(damaged)
        assert run(codes) == "85 True"
        assert code.read_bytes()[32:].partition(b"\n")[0] == whole[32:].partition(b"\n")[0]
        assert run(codes) == "85 False"


def test_a_place_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    there = tmp_path / "a file, not a directory"
    there.write_text("")
    assert run(there) == "85 True"
